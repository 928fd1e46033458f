import 'reflect-metadata';
import { createApp } from './create-app.js';

/** Posts to the sample's controller, and prints what its stream sends. */
void createApp().then(async (app) => {
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/headlines`;
  const { body } = await fetch(`${url}/events`);
  for (const title of ['"Hello"', '42']) {
    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"title":${title}}`,
    });
    console.log(`${title} was answered with ${status}`);
  }
  let text = '';
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('Hello')) break;
  }
  console.log(text);
  await app.close();
});
