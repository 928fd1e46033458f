/**
 * TypeScript sources import each other as `./name.js`, the name they have once built. In our own folders such a
 * specifier means the `.ts` file beside it; packages in node_modules are left alone.
 */
module.exports = function resolve(request, options) {
  const isOwnSource =
    /^\.{1,2}\/.*\.js$/.test(request) &&
    !/[\\/]node_modules[\\/]/.test(options.basedir);
  if (isOwnSource) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options);
    } catch {
      // A plain JavaScript file.
    }
  }
  return options.defaultResolver(request, options);
};
