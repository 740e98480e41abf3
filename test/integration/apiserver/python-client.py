"""Works with the API server of a kubeconfig (argv[1]) as programs in Python do; prints what it saw as JSON."""

import json
import sys
import time

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "python"
config.load_kube_config(sys.argv[1])
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
seen = {}


def refused(call, *args, **kwargs):
    """The HTTP code and the reason of a call that must fail."""
    try:
        call(*args, **kwargs)
    except ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return "done"


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"app": "py"}), data=data)


def eventually(check):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
for number in range(5):
    core.create_namespaced_config_map(NAMESPACE, config_map(f"c{number}", number=str(number)))

# Patches and refusals.
seen["patched"] = core.patch_namespaced_config_map("c0", NAMESPACE, {"data": {"more": "yes"}}).data
seen["json patched"] = core.patch_namespaced_config_map("c0", NAMESPACE, [{"op": "remove", "path": "/data/more"}]).data
stale = core.read_namespaced_config_map("c0", NAMESPACE)
core.patch_namespaced_config_map("c0", NAMESPACE, {"data": {"more": "no"}})
seen["stale"] = refused(core.replace_namespaced_config_map, "c0", NAMESPACE, stale)
seen["twice"] = refused(core.create_namespaced_config_map, NAMESPACE, config_map("c0"))
seen["invalid"] = refused(core.create_namespaced_config_map, NAMESPACE, config_map("Bad_"))
seen["missing"] = refused(core.read_namespaced_config_map, "missing", NAMESPACE)
seen["dry"] = core.create_namespaced_config_map(NAMESPACE, config_map("dry"), dry_run="All").metadata.resource_version

# Pages of one moment.
pages, token = [], None
while token != "":
    page = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token, label_selector="app=py")
    pages.append([item.metadata.name for item in page.items])
    token = page.metadata._continue or ""
seen["pages"] = pages

# A watch from where the list ended.
version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
core.create_namespaced_config_map(NAMESPACE, config_map("new", a="1"))
core.patch_namespaced_config_map("new", NAMESPACE, {"data": {"a": "2"}})
core.delete_namespaced_config_map("new", NAMESPACE)
events = watch.Watch()
stream = events.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=10)
seen["watched"] = []
for event in stream:
    seen["watched"].append([event["type"], event["object"].metadata.name, event["object"].data["a"]])
    if len(seen["watched"]) == 3:
        events.stop()

# Owners and what they own.
labels = {"app": "owner"}
template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
spec = {"selector": {"matchLabels": labels}, "template": template, "replicas": 0}
owned = {"metadata": {"name": "owned"}, "spec": spec}


def make_owner(name):
    owner = apps.create_namespaced_deployment(NAMESPACE, {"metadata": {"name": name}, "spec": spec})
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": owner.metadata.uid, "blockOwnerDeletion": True}
    owned["metadata"]["ownerReferences"] = [reference]
    apps.create_namespaced_replica_set(NAMESPACE, owned)


def is_gone(read, name):
    return refused(read, name, NAMESPACE) == [404, "NotFound"]


make_owner("first")
apps.delete_namespaced_deployment("first", NAMESPACE, propagation_policy="Foreground")
seen["foreground"] = eventually(lambda: is_gone(apps.read_namespaced_deployment, "first")) and is_gone(apps.read_namespaced_replica_set, "owned")
make_owner("second")
apps.delete_namespaced_deployment("second", NAMESPACE, body=client.V1DeleteOptions(propagation_policy="Orphan"))
eventually(lambda: is_gone(apps.read_namespaced_deployment, "second"))
seen["orphan"] = apps.read_namespaced_replica_set("owned", NAMESPACE).metadata.owner_references

# A custom resource.
lamps = ("example.org", "v1", NAMESPACE, "lamps")
lamp = {"apiVersion": "example.org/v1", "kind": "Lamp", "metadata": {"name": "desk"}, "spec": {"watts": 40}}
custom.create_namespaced_custom_object(*lamps, lamp)
custom.patch_namespaced_custom_object(*lamps, "desk", {"spec": {"watts": 60}})
custom.patch_namespaced_custom_object_status(*lamps, "desk", {"status": {"lit": True}})
found = custom.list_namespaced_custom_object(*lamps)["items"]
seen["custom"] = [[item["spec"], item["status"]] for item in found]
seen["custom invalid"] = refused(custom.patch_namespaced_custom_object, *lamps, "desk", {"spec": {"watts": 0}})
custom.delete_namespaced_custom_object(*lamps, "desk")
seen["custom left"] = custom.list_namespaced_custom_object(*lamps)["items"]

# An account with a token, and what it may.
core.create_namespaced_service_account(NAMESPACE, {"metadata": {"name": "robot"}})
request = {"spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 600}}
issued = core.create_namespaced_service_account_token("robot", NAMESPACE, request)


def with_token(token):
    own = client.Configuration.get_default_copy()
    own.cert_file = own.key_file = None
    own.api_key = {"authorization": f"Bearer {token}"}
    return client.CoreV1Api(client.ApiClient(own))


robot = with_token(issued.status.token)
seen["robot before"] = refused(robot.list_namespaced_config_map, NAMESPACE)
rights = client.RbacAuthorizationV1Api()
rights.create_namespaced_role(NAMESPACE, {"metadata": {"name": "reader"}, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]})
rights.create_namespaced_role_binding(
    NAMESPACE,
    {
        "metadata": {"name": "robot"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": NAMESPACE}],
    },
)
seen["robot after"] = len(robot.list_namespaced_config_map(NAMESPACE, label_selector="app=py").items)
seen["robot elsewhere"] = refused(robot.list_namespaced_config_map, "default")
seen["robot deletes"] = refused(robot.delete_namespaced_config_map, "c0", NAMESPACE)
seen["bad token"] = refused(with_token("nonsense").list_namespaced_config_map, NAMESPACE)

# Evictions, with and without room.
core.create_namespaced_pod(NAMESPACE, {"metadata": {"name": "kept", "labels": labels}, "spec": template["spec"]})
core.create_namespaced_pod(NAMESPACE, {"metadata": {"name": "free"}, "spec": template["spec"]})
client.PolicyV1Api().create_namespaced_pod_disruption_budget(
    NAMESPACE, {"metadata": {"name": "all"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}}
)
core.patch_namespaced_pod_status("kept", NAMESPACE, {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})


def eviction(name):
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}


seen["evict kept"] = refused(core.create_namespaced_pod_eviction, "kept", NAMESPACE, eviction("kept"))
core.create_namespaced_pod_eviction("free", NAMESPACE, eviction("free"))
seen["evicted"] = is_gone(core.read_namespaced_pod, "free")

core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="app=py")
seen["left"] = len(core.list_namespaced_config_map(NAMESPACE, label_selector="app=py").items)
print(json.dumps(seen))
