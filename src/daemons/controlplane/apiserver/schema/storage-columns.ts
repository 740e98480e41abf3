import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { AGE_COLUMN, at, column, NAME_COLUMN, orText, text, valueAt, wide, type Column } from './column.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const CLASS_TEXT = 'The StorageClass that the volume is of.';
const MODE_TEXT = 'Whether the volume is used as a file system or as a block device.';

/** The columns of volumes, claims, classes and attachments. */
export const STORAGE_COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [
    RESOURCES.persistentVolume,
    [
      NAME_COLUMN,
      column('Capacity', 'The size of the volume.', at('spec', 'capacity', 'storage')),
      column('Access Modes', 'The ways in which the volume can be mounted.', accessModes('spec')),
      column('Reclaim Policy', 'What becomes of the volume when it is released.', at('spec', 'persistentVolumeReclaimPolicy')),
      column('Status', 'The phase of the volume.', phase),
      column('Claim', 'The claim that the volume is bound to.', claim),
      column('StorageClass', CLASS_TEXT, at('spec', 'storageClassName')),
      column('Reason', 'Why the volume is in this state.', at('status', 'reason')),
      AGE_COLUMN,
      wide('VolumeMode', MODE_TEXT, (volume) => orText(valueAt(volume, 'spec', 'volumeMode'), '<unset>')),
    ],
  ],
  [
    RESOURCES.persistentVolumeClaim,
    [
      NAME_COLUMN,
      column('Status', 'The phase of the claim.', phase),
      column('Volume', 'The volume that the claim is bound to.', at('spec', 'volumeName')),
      column('Capacity', 'The size of the volume.', (object) => (isBound(object) ? text(object, 'status', 'capacity', 'storage') : '')),
      column('Access Modes', 'The ways in which the volume can be mounted.', (object, now) =>
        isBound(object) ? accessModes('status')(object, now) : '',
      ),
      column('StorageClass', CLASS_TEXT, at('spec', 'storageClassName')),
      AGE_COLUMN,
      wide('VolumeMode', MODE_TEXT, (object) => orText(valueAt(object, 'spec', 'volumeMode'), '<unset>')),
    ],
  ],
  [
    RESOURCES.storageClass,
    [
      { ...NAME_COLUMN, cell: ({ metadata }) => `${metadata.name}${metadata.annotations?.[DEFAULT_CLASS] === 'true' ? ' (default)' : ''}` },
      column('Provisioner', 'Who makes volumes of this class.', at('provisioner')),
      column('ReclaimPolicy', 'What becomes of volumes of this class when they are released.', at('reclaimPolicy')),
      column('VolumeBindingMode', 'When volumes of this class are bound.', at('volumeBindingMode')),
      {
        ...column(
          'AllowVolumeExpansion',
          'Whether volumes of this class can grow.',
          (object) => valueAt(object, 'allowVolumeExpansion') === true,
        ),
        type: 'boolean',
      },
      AGE_COLUMN,
    ],
  ],
  [
    RESOURCES.volumeAttachment,
    [
      NAME_COLUMN,
      column('Attacher', 'The CSI driver that attaches the volume.', at('spec', 'attacher')),
      column('PV', 'The volume.', at('spec', 'source', 'persistentVolumeName')),
      column('Node', 'The node that the volume is attached to.', at('spec', 'nodeName')),
      { ...column('Attached', 'Whether it is attached.', (object) => valueAt(object, 'status', 'attached') === true), type: 'boolean' },
      AGE_COLUMN,
    ],
  ],
];

function phase(object: KubeObject): string {
  return object.metadata.deletionTimestamp === undefined ? text(object, 'status', 'phase') : 'Terminating';
}

function isBound(claim: KubeObject): boolean {
  return text(claim, 'spec', 'volumeName') !== '';
}

function claim(volume: KubeObject): string {
  const [namespace, name] = [text(volume, 'spec', 'claimRef', 'namespace'), text(volume, 'spec', 'claimRef', 'name')];
  return namespace === '' && name === '' ? '' : `${namespace}/${name}`;
}

function accessModes(part: 'spec' | 'status'): Column['cell'] {
  return (object) => {
    const modes = valueAt(object, part, 'accessModes');
    const known = Object.keys(SHORT_MODES).filter((mode) => Array.isArray(modes) && modes.includes(mode));
    return known.map((mode) => SHORT_MODES[mode]).join(',');
  };
}
