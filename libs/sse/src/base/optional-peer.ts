import { SseException } from './exception.js';

/**
 * Loads an optional peer dependency when it is first needed. The import stands at the caller, so that bundlers
 * and both module systems see it: `loadPeer('jwtAuthenticator()', 'jose@^6', () => import('jose'))`.
 * @param user what needs it, as the application wrote it
 * @param install what to install, with its range of versions
 * @throws SseException `MISSING_PACKAGE` if it is not installed; what it fails with otherwise is thrown as it is
 */
export async function loadPeer<T>(
  user: string,
  install: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const name = install.replace(/(?<=.)@.*$/, '');
    if (!isNotFound(error, name)) throw error;
    throw new SseException(
      'MISSING_PACKAGE',
      `${user} needs the package ${name}, which is not installed: npm install "${install}"`,
      { cause: error },
    );
  }
}

// A package that is there, and lacks one of its own, says so itself.
function isNotFound(error: unknown, name: string): boolean {
  const { code, message } = (error ?? {}) as {
    code?: unknown;
    message?: unknown;
  };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    typeof message === 'string' &&
    message.includes(`'${name}'`)
  );
}
