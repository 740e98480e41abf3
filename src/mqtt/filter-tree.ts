interface Node {
  readonly children: Map<string, Node>;
  /** The QoS of each client that has subscribed exactly this filter. */
  readonly clients: Map<string, number>;
}

const newNode = (): Node => ({ children: new Map(), clients: new Map() });

/** Which clients have subscribed what, by the levels of the filters: the cost of a search grows with the topic, not with the subscriptions. */
export class FilterTree {
  readonly #root = newNode();

  set(filter: string, client: string, qos: number): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let next = node.children.get(level);
      if (next === undefined) node.children.set(level, (next = newNode()));
      node = next;
    }
    node.clients.set(client, qos);
  }

  delete(filter: string, client: string): void {
    const path: [Node, string][] = [];
    let node = this.#root;
    for (const level of filter.split('/')) {
      const next = node.children.get(level);
      if (next === undefined) return;
      path.push([node, level]);
      node = next;
    }
    node.clients.delete(client);
    for (const [parent, level] of path.reverse()) {
      if (node.clients.size > 0 || node.children.size > 0) return;
      parent.children.delete(level);
      node = parent;
    }
  }

  /** The clients that want a topic, each with the highest QoS that it asked for. */
  match(topic: string): Map<string, number> {
    const found = new Map<string, number>();
    const take = ({ clients }: Node): void => {
      for (const [client, qos] of clients) found.set(client, Math.max(qos, found.get(client) ?? 0));
    };
    const levels = topic.split('/');
    let nodes: Node[] = [this.#root];
    for (const [index, level] of levels.entries()) {
      // Wildcards in the first level leave out what begins with $ (MQTT 3.1.1 §4.7.2).
      const names = index === 0 && level.startsWith('$') ? [level] : [level, '+'];
      if (names.length > 1) nodes.forEach((node) => takeChild(node, '#', take));
      const next: Node[] = [];
      for (const node of nodes) for (const name of names) takeChild(node, name, (child) => next.push(child));
      nodes = next;
    }
    for (const node of nodes) {
      take(node);
      takeChild(node, '#', take);
    }
    return found;
  }
}

function takeChild(node: Node, level: string, take: (child: Node) => void): void {
  const child = node.children.get(level);
  if (child !== undefined) take(child);
}
