/** Sentences around what was asked. */
const TEMPLATES: readonly string[] = [
  'You asked about {topic}.',
  'A stream is a good place for it: each word of this answer is an event of its own, and each has its place in a log.',
  'Close this page while I speak of {topic}, and I go on; nobody has to listen for an answer to be made.',
  'Come back, and you get what you missed, word by word, and then the rest.',
  'Open a second tab, and it hears the same answer, because {topic} is produced once and not once for each reader.',
  'Press stop, and the producer is told at once: its signal is aborted, and the stream ends for everybody.',
  'No model was asked. This text comes out of a list of sentences in the demo, so that it is the same every time.',
];

/** Stands for a language model: the same prompt gives the same words, one by one. */
export function* wordsAbout(prompt: string): Generator<string> {
  const topic = `“${prompt.trim().replace(/\s+/g, ' ')}”`;
  const text = TEMPLATES.map((one) => one.replace('{topic}', topic)).join(' ');
  for (const word of text.split(' ')) yield `${word} `;
}
