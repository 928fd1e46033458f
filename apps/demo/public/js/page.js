/** What every page needs beside its own stream. */
import './code-file.js';
import './unread-badge.js';
import { setUpThemeToggle } from './theme.js';

setUpThemeToggle();

// On a phone the navigation scrolls sideways; the current page should be in view.
document
  .querySelector('.site-nav [aria-current]')
  ?.scrollIntoView({ block: 'nearest', inline: 'center' });
