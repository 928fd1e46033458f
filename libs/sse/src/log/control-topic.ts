import { TopicMatcher } from '../event/topic-matcher.js';
import {
  isReserved,
  type TopicPattern,
  type TopicSelector,
} from '../event/topic.js';

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

/**
 * A selector that also reads the end records of its literal topics; patterns never end. A stream of a thousand
 * topics mostly meets no end at all, so that their names are made only where somebody needs them.
 */
export class SelectorWithEnds implements TopicSelector {
  readonly patterns: readonly TopicPattern[];
  #topics: readonly string[] | undefined;

  constructor(readonly own: TopicSelector) {
    this.patterns = own.patterns;
  }

  get topics(): readonly string[] {
    const { topics } = this.own;
    return (this.#topics ??= [...topics, ...topics.map(endTopicOf)]);
  }
}

/** Tells the topics of a selector's records from others, for many questions. */
export function matcherOf(selector: TopicSelector): (topic: string) => boolean {
  if (!(selector instanceof SelectorWithEnds)) {
    const matcher = new TopicMatcher(selector);
    return (topic) => matcher.matches(topic);
  }
  const matcher = new TopicMatcher(selector.own);
  return (topic) => {
    const ended = endedTopic(topic);
    return ended === undefined ? matcher.matches(topic) : matcher.names(ended);
  };
}
