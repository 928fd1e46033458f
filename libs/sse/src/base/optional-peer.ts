import { SseException } from './exception.js';

/**
 * Loads optional peer dependencies when they are first needed. The import stands at the caller, so that bundlers
 * and both module systems see it: `loadPeers('jwtAuthenticator()', ['jose@^6'], () => import('jose'))`.
 * @param user what needs them, as the application wrote it
 * @param packages what to install, each with its range of versions
 * @throws SseException `MISSING_PACKAGE` if one is not installed; what it fails with otherwise is thrown as it is
 */
export async function loadPeers<T>(
  user: string,
  packages: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const names = packages.map((one) => one.replace(/(?<=.)@.*$/, ''));
    const missing = names.find((name) => isNotFound(error, name));
    if (missing === undefined) throw error;
    const install = packages.map((one) => `"${one}"`).join(' ');
    throw new SseException(
      'MISSING_PACKAGE',
      `${user} needs the package ${missing}, which is not installed: npm install ${install}`,
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
