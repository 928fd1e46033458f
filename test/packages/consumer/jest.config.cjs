/** What Nest 11's own template has, plus the mapping that `.js` specifiers need. */
module.exports = {
  rootDir: 'src',
  testRegex: '\\.spec\\.ts$',
  transform: { '\\.ts$': 'ts-jest' },
  moduleNameMapper: { '^(\\./.*)\\.js$': '$1' },
  setupFiles: ['reflect-metadata'],
};
