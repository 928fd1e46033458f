import { isReserved, type TopicSelector } from '../event/topic.js';

// The $ is outside of the topic grammar: nobody can publish or subscribe here by name.
const END = '$end.';
const RUN = '$run.';

/** The reserved topic of commands to the connections of all nodes, such as "disconnect". */
export const CONTROL_TOPIC = '$control';

/** The reserved topic that holds the record "this topic has ended". */
export function endTopicOf(topic: string): string {
  return END + topic;
}

/** The topic that an end record ends; undefined if the record is none. */
export function endedTopic(topic: string): string | undefined {
  return topic.startsWith(END) ? topic.slice(END.length) : undefined;
}

/** Whether a record is for the library itself. The events of runs are for streams, although nobody can name them. */
export function isControlTopic(topic: string): boolean {
  return isReserved(topic) && !topic.startsWith(RUN);
}

/** The topic of one run. */
export function runTopicOf(id: string, generation: number): string {
  return `${RUN}${id}.${generation}`;
}

/** A selector that also reads the end records of its literal topics. Patterns never end. */
export function withEndRecords(selector: TopicSelector): TopicSelector {
  return {
    topics: [...selector.topics, ...selector.topics.map(endTopicOf)],
    patterns: selector.patterns,
  };
}
