import type { KubeObject, User } from '../../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../../store/kube-objects.ts';
import type { ApiContext, Target } from '../api-context.ts';
import { restrictCertificates, restrictSubjects } from './certificate-signers.ts';
import { restrictEscalation } from './escalation.ts';
import { restrictNode } from './node-restriction.ts';

/** A write that is about to happen, for those who may refuse or complete it. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly target: Target;
  readonly user: User;
  readonly context: ApiContext;
  /** Reads inside the transaction. */
  readonly reader: Pick<ObjectWriter, 'get' | 'list'>;
  /** What is to be stored, with its defaults: a private copy, which may be changed. Absent for a DELETE. */
  readonly object?: KubeObject;
  /** What is stored. Absent for a CREATE. */
  readonly old?: KubeObject;
}

/** Looks at a write. @throws StatusError when it is refused */
export type Admission = (request: AdmissionRequest) => void;

/** By whom each write is looked at, in this order. */
const ADMISSIONS: readonly Admission[] = [restrictNode, restrictEscalation, restrictCertificates, restrictSubjects];

/** @throws StatusError when one of them refuses the write */
export function admit(request: AdmissionRequest): void {
  for (const admission of ADMISSIONS) admission(request);
}
