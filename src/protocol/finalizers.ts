/** Finalizers with which a DELETE leaves its dependents to the garbage collector (metav1): they lose their owner, or they go first. */
export const ORPHAN_DEPENDENTS = 'orphan';
export const DELETE_DEPENDENTS = 'foregroundDeletion';
