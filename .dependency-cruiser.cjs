// The one rule for imports: only from a layer below, or from your own room. docs/architecture.md shows the drawn graph.
const layers = [
  ['kernel'],
  ['protocol'],
  ['kube', 'containers', 'store', 'link', 'mqtt', 'dmi', 'pki', 'config'],
  ['daemons/cloud', 'daemons/edge', 'daemons/controlplane'],
  ['cli', 'client', 'daemons'],
  ['setup', 'lab', 'sim', 'conformance', 'mapper', 'completion'],
  ['commands'],
];
// A file directly in src/daemons/ is a composition root; a file in a folder below it is a module of that side.
const pathOf = (room) => (room === 'daemons' ? '^src/daemons/[^/]+\\.ts$' : `^src/${room}/`);
const paths = (rooms) => rooms.map(pathOf).join('|');

const upward = layers.slice(0, -1).map((rooms, index) => ({
  name: `only-downward-from-${rooms[0].replace('/', '-')}`,
  comment: 'Take what you need as a function in your deps, or move it down.',
  severity: 'error',
  from: { path: paths(rooms) },
  to: { path: paths(layers.slice(index + 1).flat()) },
}));
const sideways = layers
  .flatMap((rooms) => rooms.map((room) => ({ room, others: rooms.filter((other) => other !== room) })))
  .filter(({ others }) => others.length > 0)
  .map(({ room, others }) => ({
    name: `no-sideways-from-${room.replace('/', '-')}`,
    comment: 'Rooms of one layer do not import each other; the composition root brings them together.',
    severity: 'error',
    from: { path: pathOf(room) },
    to: { path: paths(others) },
  }));
const owners = {
  kube: ['@kubernetes/client-node'],
  store: ['better-sqlite3', 'better-sqlite3-portable'],
  link: ['ws'],
  mqtt: ['mqtt', 'aedes'],
  pki: ['node-forge'],
  setup: ['execa'],
  cli: ['inquirer'],
  mapper: ['jsmodbus'],
};
const ownership = Object.entries(owners).map(([room, libraries]) => ({
  name: `${room}-owns-${libraries[0].replace(/[@/]/g, '')}`,
  comment: 'Each library that touches the outside has one owner room.',
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${room}/` },
  to: { path: libraries.map((name) => `(^|node_modules/)(@types/)?${name}(/|$)`).join('|') },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    ...ownership,
    {
      name: 'modules-of-one-side-do-not-import-each-other',
      comment: "A module sees its own folder, its side's events.ts and the layers below.",
      severity: 'error',
      from: { path: '^src/daemons/(cloud|edge|controlplane)/([^/]+)/' },
      to: { path: '^src/daemons/$1/[^/]+/', pathNot: '^src/daemons/$1/$2/' },
    },
    {
      name: 'no-circular',
      comment: 'A cycle means that two files are one, or that a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
