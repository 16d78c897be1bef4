"""For kubernetes.sh: what is asked of the rendered manifests beyond their schemas.

    kubernetes.py restricted FILE          ends with an error unless each pod keeps to the Pod
                                           Security Standard "restricted", and more
    kubernetes.py misspell FILE NUMBER OUT a copy with one field's name wrong; says which
    kubernetes.py play FILE IMAGE PORT OUT a copy that `podman kube play` can run
    kubernetes.py probes FILE              the paths that the kubelet would ask
    kubernetes.py json FILE KIND           the documents of one kind
"""
import json
import sys

import yaml

# The volume types of https://kubernetes.io/docs/concepts/security/pod-security-standards
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}
MISSPELT = [("readOnlyRootFilesystem", "readOnlyRootFilesytem"), ("replicas", "replica"),
            ("seccompProfile", "secompProfile"), ("targetPort", "targetport"), ("podSelector", "podselector"),
            ("maxUnavailable", "maxUnavailabe"), ("httpGet", "httpget"), ("volumeClaimTemplates", "volumeClaims")]


def load(path):
    with open(path) as file:
        return [d for d in yaml.safe_load_all(file) if d]


def dump(documents, path):
    with open(path, "w") as file:
        yaml.safe_dump_all(documents, file, sort_keys=False)


def kind(documents, name):
    return next(d for d in documents if d["kind"] == name)


def demand(ok, what):
    if not ok:
        sys.exit(f"kubernetes.py: {what}")


def restricted(documents):
    pod = kind(documents, "StatefulSet")["spec"]["template"]
    spec, security = pod["spec"], pod["spec"]["securityContext"]
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        demand(not spec.get(name), name)
    demand(security["runAsNonRoot"] is True and security["runAsUser"] != 0, "runs as root")
    demand(security["seccompProfile"]["type"] == "RuntimeDefault", "seccompProfile")
    demand(not security.get("sysctls") and "seLinuxOptions" not in security, "sysctls, seLinuxOptions")
    for volume in spec.get("volumes", []):
        demand(set(volume) - {"name"} <= VOLUMES, f"the volume {volume}")
    for container in spec["containers"] + spec.get("initContainers", []):
        own, name = container["securityContext"], container["name"]
        demand(own["allowPrivilegeEscalation"] is False, f"{name}: allowPrivilegeEscalation")
        demand(own["capabilities"] == {"drop": ["ALL"]}, f"{name}: capabilities")
        demand(own["readOnlyRootFilesystem"] is True, f"{name}: readOnlyRootFilesystem")
        demand(not set(own) & {"privileged", "procMount", "runAsUser", "runAsNonRoot", "seccompProfile"},
               f"{name}: says otherwise than its pod")
        demand(not any("hostPort" in port for port in container.get("ports", [])), f"{name}: hostPort")
        demand("memory" in container["resources"]["limits"], f"{name}: no limit of memory")
    # What selects the pod does select it.
    labels = pod["metadata"]["labels"].items()
    for name, path in (("Service", ("selector",)), ("NetworkPolicy", ("podSelector", "matchLabels")),
                       ("PodDisruptionBudget", ("selector", "matchLabels"))):
        selector = kind(documents, name)["spec"]
        for step in path:
            selector = selector[step]
        demand(selector and selector.items() <= labels, f"{name} selects {selector}")
    demand(kind(documents, "StatefulSet")["spec"]["replicas"] == 1, "more than one writer")


def rename(node, old, new):
    """Renames the first key `old` found in `node`; False if there is none."""
    if isinstance(node, dict):
        if old in node:
            node[new] = node.pop(old)
            return True
        return any(rename(value, old, new) for value in node.values())
    return isinstance(node, list) and any(rename(value, old, new) for value in node)


def misspell(documents, number, out):
    if number >= len(MISSPELT):
        return False
    old, new = MISSPELT[number]
    demand(rename(documents, old, new), f"there is no {old}")
    dump(documents, out)
    print(new)
    return True


def probes(documents):
    container = kind(documents, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        get = container[name]["httpGet"]
        demand(get["port"] in [port["name"] for port in container["ports"]], f"{name}: no such port")
        print(get["path"])


def play(documents, image, port, out):
    """podman 4 knows no StatefulSet, publishes ports on every address, and asks probes with curl
    from inside the container: a Deployment with its claim, on the machine's loopback, no probes."""
    stateful = kind(documents, "StatefulSet")
    template, claim = stateful["spec"]["template"], stateful["spec"]["volumeClaimTemplates"][0]
    container = template["spec"]["containers"][0]
    container["image"], container["imagePullPolicy"] = image, "Never"
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        del container[name]
    del container["ports"]
    container["env"].append({"name": "THIMBLE_LISTEN", "value": f"127.0.0.1:{port}"})
    name = "data-thimble-0"
    template["spec"]["volumes"].append({"name": claim["metadata"]["name"],
                                        "persistentVolumeClaim": {"claimName": name}})
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
             "spec": claim["spec"]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": stateful["metadata"],
                  "spec": {key: stateful["spec"][key] for key in ("replicas", "selector", "template")}}
    maps = [d for d in documents if d["kind"] == "ConfigMap"]
    dump([claim, *maps, deployment], out)
    dump([*maps, deployment], out + ".again")  # the claim is there by then


def main(command, path, *rest):
    documents = load(path)
    if command == "restricted":
        restricted(documents)
    elif command == "misspell":
        sys.exit(0 if misspell(documents, int(rest[0]), rest[1]) else 3)
    elif command == "probes":
        probes(documents)
    elif command == "play":
        play(documents, *rest)
    elif command == "json":
        json.dump([d for d in documents if d["kind"] == rest[0]], sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
