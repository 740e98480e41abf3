/** A change of something that is followed, in the words of the API's watch. */
export interface Change<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly row: T;
}
