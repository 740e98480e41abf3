import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { compileStoredSchema } from './ajv-schema.ts';
import type { CrdObject, CrdVersion } from './crd-types.ts';
import { applyDefaults } from './defaults.ts';
import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json.ts';
import { duplicatesIn } from './list-types.ts';
import { pruneResource } from './prune.ts';
import type { PrinterColumn } from './resource-description.ts';
import { declaredScale, type ScalePaths } from './scale-paths.ts';
import { toFieldErrors } from './schema-errors.ts';
import type { SchemaNode } from './schema-node.ts';
import { selectablePaths } from './selectable-fields.ts';

/** One version of a CustomResourceDefinition, ready to be served. */
export interface CompiledVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  /** `subresources.status` is declared. */
  readonly hasStatus: boolean;
  /** What `subresources.scale` declares. */
  readonly scale: ScalePaths | undefined;
  readonly schema: SchemaNode;
  readonly printerColumns: readonly PrinterColumn[];
  /** What field selectors may name beside the metadata: `spec.color`. */
  readonly selectableFields: readonly string[];
  /** Returns a copy without the fields that the schema does not know; `pruned` collects their paths. Metadata is left alone. */
  prune(object: KubeObject, pruned?: string[]): KubeObject;
  /** Returns a copy with the schema's defaults filled in. */
  default(object: KubeObject): KubeObject;
  /** Checks an object, after defaults, against the schema. */
  validate(object: KubeObject): FieldError[];
}

/** Compiles all versions of a valid CustomResourceDefinition. Schemas are compiled for validation when they are first used. */
export function compileCrd(crd: KubeObject): CompiledVersion[] {
  return ((crd as CrdObject).spec?.versions ?? []).map(compileVersion);
}

function compileVersion(version: CrdVersion): CompiledVersion {
  const schema = version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  let check: ReturnType<typeof compileStoredSchema> | undefined;
  return {
    name: version.name ?? '',
    served: version.served === true,
    storage: version.storage === true,
    hasStatus: version.subresources?.status !== undefined,
    scale: declaredScale(version.subresources?.scale),
    schema,
    printerColumns: (version.additionalPrinterColumns ?? []).map((column) => ({ name: '', type: 'string', jsonPath: '', ...column })),
    selectableFields: selectablePaths(version),
    prune: (object, pruned) => pruneResource(asJson(object), schema, pruned) as unknown as KubeObject,
    default: (object) => applyDefaults(object, schema),
    validate: (object) => {
      check ??= compileStoredSchema(schema);
      return [...toFieldErrors(check(object)), ...duplicatesIn(object, schema)];
    },
  };
}

function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
