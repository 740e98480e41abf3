import type { ApiResource, KubeObject, User } from '../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../store/kube-objects.ts';
import type { SelectableFields } from './field-selector.ts';
import type { CompiledVersion } from './schema/crd.ts';
import type { ScalePaths } from './schema/scale-paths.ts';
import type { ResourceDescription } from './schema/resource-description.ts';

/** What a write may look at beside the object itself. */
export interface WriteContext {
  /** RFC 3339, whole seconds. */
  readonly now: string;
  /** Who writes. */
  readonly user: User;
  /** Names that other CustomResourceDefinitions hold; empty if free. */
  readonly takenNames: (crd: KubeObject) => readonly string[];
  /** What is stored, as of this write. */
  readonly objects: Pick<ObjectWriter, 'get' | 'list'>;
}

/** What is particular about one resource; called on a private copy of the object, which it changes. */
export interface Strategy {
  /** Before all else: what other objects say of this one. @throws StatusError when they speak against it */
  readonly admit?: (object: KubeObject, old: KubeObject | undefined, context: WriteContext) => void;
  /** Last, when the object is known to be valid: what is to be had once alone. @throws StatusError when it is not to be had */
  readonly allocate?: (object: KubeObject, context: WriteContext, old?: KubeObject) => void;
  readonly prepareForCreate?: (object: KubeObject, context: WriteContext) => void;
  /** What whoever creates or changes a valid object should know. */
  readonly warnings?: (object: KubeObject) => readonly string[];
  /** For the main endpoint: puts back what it may not change, such as status. */
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject, context: WriteContext) => void;
  /** For `/status`: puts back everything else. */
  readonly prepareForStatusUpdate?: (object: KubeObject, old: KubeObject, context: WriteContext) => void;
  /** For `/approval`: the same. */
  readonly prepareForApproval?: (object: KubeObject, old: KubeObject, context: WriteContext) => void;
  /** For `/ephemeralcontainers`: the same. */
  readonly prepareForEphemeralContainers?: (object: KubeObject, old: KubeObject) => void;
  /** Seconds of grace that a DELETE gives, asked (`requested`) or not; 0 deletes at once. Absent: no grace protocol. */
  readonly gracePeriod?: (object: KubeObject, requested: number | undefined) => number;
  /** Called when a DELETE arrives; what it leaves in the object may delay the deletion. */
  readonly prepareForDelete?: (object: KubeObject, context: WriteContext) => void;
  /** Something beside metadata.finalizers keeps the deleted object, such as spec.finalizers. */
  readonly isHeld?: (object: KubeObject) => boolean;
  /** DELETE answers the object rather than a Status. */
  readonly returnsDeleted?: boolean;
  /** PUT creates what is missing. */
  readonly createsOnUpdate?: boolean;
  /** PUT needs metadata.resourceVersion. */
  readonly needsResourceVersion?: boolean;
  /** Why no DELETE of this object is taken; undefined when it is. */
  readonly immortal?: (name: string) => string | undefined;
}

/** Converts between the form that is stored and the one that is served. */
export interface OtherForm {
  /** The resource under which the objects are stored. */
  readonly stored: ApiResource;
  readonly toStored: (object: KubeObject) => KubeObject;
  readonly fromStored: (object: KubeObject) => KubeObject;
}

/** One entry of the registry: a resource in one version. Discovery, OpenAPI, storage and tables all follow from it. */
export interface ServedResource extends ResourceDescription {
  readonly resource: ApiResource;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly fields: SelectableFields;
  readonly strategy: Strategy;
  /** Set for kinds with the subresource `scale`. */
  readonly scale?: ScalePaths | undefined;
  /** Set for a resource that shows the stored objects of another one in a form of its own. */
  readonly form?: OtherForm;
  /** Set for custom resources. */
  readonly custom?: CompiledVersion;
}
