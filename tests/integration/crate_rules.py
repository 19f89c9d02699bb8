#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a folder against RO-Crate 1.1 (metadata), Workflow RO-Crate 1.0, and the profiles Process, Workflow and
Provenance Run Crate 0.5: every rule that they state with MUST, and every SHOULD that a program can decide.

  crate_rules.py FOLDER [--json]

Prints a line for each breach, "MUST rule: entity: what is wrong", and exits 1 when one of them is a MUST. A SHOULD is a
breach too, but for the few that cannot be met without knowing more than a run does (an author, a URL of the tool).
"""

import argparse
import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

RO_CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = ["https://w3id.org/ro/wfrun/process/0.5", "https://w3id.org/ro/wfrun/workflow/0.5",
            "https://w3id.org/ro/wfrun/provenance/0.5"]
CONTEXTS = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
STATUSES = {"http://schema.org/CompletedActionStatus", "http://schema.org/FailedActionStatus"}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$")
DATA_TYPES = {"Boolean", "Integer", "Float", "Number", "Text", "DataType", "File", "Dataset", "Collection",
              "PropertyValue", "URL", "Date", "DateTime", "Time"}
# Terms beyond schema.org's that the entities may use; every key must be defined by one of the two contexts.
ACTIONS = ("CreateAction", "ControlAction", "OrganizeAction")


def values(entity, key):
    value = entity.get(key, [])
    return value if isinstance(value, list) else [value]


def types(entity):
    return set(values(entity, "@type"))


def ids(entity, key):
    return [value["@id"] for value in values(entity, key) if isinstance(value, dict) and "@id" in value]


class Checker:
    def __init__(self, folder):
        self.folder = folder
        self.breaches = []
        self.entities = {}

    def must(self, holds, rule, entity, words):
        if not holds:
            self.breaches.append(("MUST", rule, entity, words))

    def should(self, holds, rule, entity, words):
        if not holds:
            self.breaches.append(("SHOULD", rule, entity, words))

    def check(self):
        path = self.folder / "ro-crate-metadata.json"
        self.must(path.is_file(), "ro-crate", str(path), "the metadata file is missing")
        if not path.is_file():
            return
        crate = json.loads(path.read_text(encoding="utf-8"))
        self.must(set(crate) == {"@context", "@graph"}, "ro-crate", "file", "more than @context and @graph")
        for context in CONTEXTS:
            self.must(context in values(crate, "@context"), "ro-crate", "@context", f"lacks {context}")
        self.read(crate["@graph"])
        self.metadata()
        self.references()
        self.data_entities()
        self.workflow()
        self.parameters()
        self.actions()
        self.provenance()
        self.images_and_usage()

    def read(self, graph):
        for entity in graph:
            name = entity.get("@id")
            self.must(isinstance(name, str) and name, "json-ld", str(entity)[:60], "no @id")
            self.must(entity.get("@type"), "json-ld", name, "no @type")
            self.must(name not in self.entities, "json-ld", name, "described twice: the graph is not flat")
            self.must(re.fullmatch(r"[!-~]+", name) and not re.search(r'[<>"{}|\\^`]', name), "json-ld", name,
                      "is no URI reference")
            self.entities[name] = entity
            for key, value in entity.items():
                for item in value if isinstance(value, list) else [value]:
                    self.must(not isinstance(item, dict) or set(item) == {"@id"}, "json-ld", name,
                              f"{key} nests an entity")

    def of_type(self, kind):
        return [entity for entity in self.entities.values() if kind in types(entity)]

    def metadata(self):
        descriptor = self.entities.get("ro-crate-metadata.json", {})
        name = "ro-crate-metadata.json"
        self.must("CreativeWork" in types(descriptor), "ro-crate", name, "is no CreativeWork")
        self.must(ids(descriptor, "about") == ["./"], "ro-crate", name, "is not about ./")
        self.must(RO_CRATE in ids(descriptor, "conformsTo"), "ro-crate", name, f"does not conform to {RO_CRATE}")
        self.must(WORKFLOW_CRATE in ids(descriptor, "conformsTo"), "workflow-ro-crate", name,
                  f"does not conform to {WORKFLOW_CRATE}")
        self.root = self.entities.get("./", {})
        self.must("Dataset" in types(self.root), "ro-crate", "./", "is no Dataset")
        self.must(DATE_TIME.match(str(self.root.get("datePublished", ""))), "ro-crate", "./", "no datePublished")
        for key in ("name", "description", "license"):
            self.must(self.root.get(key), "ro-crate", "./", f"no {key}")
        for profile in PROFILES + [WORKFLOW_CRATE]:
            self.must(profile in ids(self.root, "conformsTo"), "profile", "./", f"does not conform to {profile}")
            self.must("CreativeWork" in types(self.entities.get(profile, {})), "profile", profile, "is no CreativeWork")

    def references(self):
        for entity in self.entities.values():
            for key in entity:
                for name in ids(entity, key):
                    known = name in self.entities or urlparse(name).scheme in ("http", "https")
                    self.must(known, "json-ld", entity["@id"], f"{key} refers to {name}, which is not described")
        reached = set()
        # Actions that the engine organised are linked from OrganizeAction, which refers to the run.
        pending = ["./", "ro-crate-metadata.json", *(entity["@id"] for entity in self.of_type("OrganizeAction"))]
        while pending:
            name = pending.pop()
            if name in reached or name not in self.entities:
                continue
            reached.add(name)
            for key in self.entities[name]:
                pending.extend(ids(self.entities[name], key))
        for name in self.entities:
            self.should(name in reached, "ro-crate", name, "nothing leads to it from the root")

    def data_entities(self):
        parts, pending = set(), ids(self.root, "hasPart")
        while pending:
            name = pending.pop()
            if name not in parts:
                parts.add(name)
                pending.extend(ids(self.entities.get(name, {}), "hasPart"))
        for entity in self.of_type("File") + self.of_type("Dataset"):
            name = entity["@id"]
            if name == "./" or name.startswith("#"):
                continue
            self.must(name in parts, "ro-crate", name, "is no part of the root dataset")
            if "File" in types(entity):
                self.must(not name.endswith("/"), "ro-crate", name, "a File whose id ends in /")
            else:
                self.should(name.endswith("/"), "ro-crate", name, "a Dataset whose id does not end in /")
            self.should(entity.get("name"), "ro-crate", name, "no name")
            if urlparse(name).scheme:
                continue
            path = self.folder / unquote(name)
            self.must(path.exists(), "ro-crate", name, "is not in the crate")
            if path.is_file() and "contentSize" in entity:
                self.must(int(entity["contentSize"]) == path.stat().st_size, "ro-crate", name, "has another size")
        for entity in self.of_type("File"):
            self.must(not entity["@id"].startswith("#") or "SoftwareSourceCode" in types(entity), "ro-crate",
                      entity["@id"], "a File must be a path or an absolute URI")

    def workflow(self):
        main = ids(self.root, "mainEntity")
        self.must(len(main) == 1, "workflow-ro-crate", "./", "no mainEntity")
        self.main = self.entities.get(main[0], {}) if main else {}
        wanted = {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
        self.must(wanted <= types(self.main), "workflow-ro-crate", str(main), f"its types are not {wanted}")
        self.must(self.main.get("name"), "workflow-ro-crate", str(main), "no name")
        languages = ids(self.main, "programmingLanguage")
        self.must(languages and all("ComputerLanguage" in types(self.entities.get(name, {})) for name in languages),
                  "workflow-ro-crate", str(main), "no ComputerLanguage")
        runs = [action for action in self.of_type("CreateAction") if ids(action, "instrument") == main]
        self.must(runs, "workflow-run", str(main), "no CreateAction has it as instrument")
        for action in runs:
            self.should(action["@id"] in ids(self.root, "mentions"), "process-run", action["@id"],
                        "the root does not mention it")

    def parameters(self):
        used = set()
        for entity in self.entities.values():
            for key in ("input", "output"):
                for name in ids(entity, key):
                    used.add(name)
                    self.must("FormalParameter" in types(self.entities.get(name, {})), "workflow-run", entity["@id"],
                              f"{key} {name} is no FormalParameter")
        for parameter in self.of_type("FormalParameter"):
            name = parameter["@id"]
            self.must(name in used, "workflow-run", name, "belongs to no workflow or tool")
            kinds = values(parameter, "additionalType")
            self.must(kinds, "workflow-run", name, "no additionalType")
            self.should(set(kinds) <= DATA_TYPES, "workflow-run", name, f"additionalType {kinds}")
            self.should(parameter.get("name") and unquote(re.split(r"[#/]", name)[-1]) == parameter["name"],
                        "workflow-run", name, "its name is not that of the slot")
        for entity in self.entities.values():
            for name in ids(entity, "exampleOfWork"):
                self.must("FormalParameter" in types(self.entities.get(name, {})), "workflow-run", entity["@id"],
                          f"is an example of {name}, which is no FormalParameter")

    def actions(self):
        software = {"SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"}
        for action in self.of_type("CreateAction"):
            name = action["@id"]
            tools = ids(action, "instrument")
            self.must(len(tools) == 1, "process-run", name, "no instrument")
            for tool in tools:
                self.must(types(self.entities.get(tool, {})) & software, "process-run", tool, "is no software")
            self.should(action.get("name"), "process-run", name, "no name")
            self.should(action.get("endTime"), "process-run", name, "no endTime")
            for key in ("startTime", "endTime"):
                self.should(DATE_TIME.match(action.get(key, "2000-01-01")), "process-run", name, f"{key} is no time")
            self.should(action.get("startTime", "") <= action.get("endTime", "~"), "process-run", name, "ends first")
            for key in ("object", "result"):
                for value in ids(action, key):
                    self.must(types(self.entities.get(value, {})) & {"File", "Dataset", "Collection", "PropertyValue",
                                                                     "CreativeWork"},
                              "process-run", name, f"{key} {value} is no data")
        for kind in ACTIONS:
            for action in self.of_type(kind):
                status = action.get("actionStatus", "http://schema.org/CompletedActionStatus")
                self.should(status in STATUSES, "process-run", action["@id"], f"actionStatus {status}")
                failed = status == "http://schema.org/FailedActionStatus"
                self.should("error" not in action or failed, "process-run", action["@id"], "an error, and not failed")
        for entity in self.of_type("SoftwareApplication"):
            self.should(entity.get("name"), "process-run", entity["@id"], "no name")
            self.should(not ("version" in entity and "softwareVersion" in entity), "process-run", entity["@id"],
                        "both version and softwareVersion")

    def provenance(self):
        for workflow in self.of_type("ComputationalWorkflow"):
            name = workflow["@id"]
            self.must("SoftwareSourceCode" in types(workflow), "provenance-run", name, "is no SoftwareSourceCode")
            self.must(("File" in types(workflow)) == ("#" not in name), "provenance-run", name,
                      "File for a file, and only for one")
            if values(workflow, "step"):
                self.must("HowTo" in types(workflow), "provenance-run", name, "has steps and is no HowTo")
                self.must(ids(workflow, "hasPart"), "provenance-run", name, "names no tools")
            for step in ids(workflow, "step"):
                self.must("HowToStep" in types(self.entities.get(step, {})), "provenance-run", step, "is no HowToStep")
                for tool in ids(self.entities.get(step, {}), "workExample"):
                    self.must(tool in ids(workflow, "hasPart"), "provenance-run", name, f"hasPart lacks {tool}")
        steps = {step for workflow in self.of_type("ComputationalWorkflow") for step in ids(workflow, "step")}
        for step in self.of_type("HowToStep"):
            self.must(len(ids(step, "workExample")) == 1, "provenance-run", step["@id"], "no workExample")
            self.must(step["@id"] in steps, "provenance-run", step["@id"], "belongs to no workflow")
            self.must(re.fullmatch(r"\d+", str(step.get("position", "0"))), "provenance-run", step["@id"], "position")
        self.positions()
        controlled = set()
        for action in self.of_type("ControlAction"):
            name = action["@id"]
            instrument = ids(action, "instrument")
            self.must(len(instrument) == 1 and "HowToStep" in types(self.entities.get(instrument[0], {})),
                      "provenance-run", name, "its instrument is no HowToStep")
            self.must(ids(action, "object"), "provenance-run", name, "no object")
            for run in ids(action, "object"):
                controlled.add(run)
                entity = self.entities.get(run, {})
                self.must("CreateAction" in types(entity), "provenance-run", name, f"{run} is no CreateAction")
                tool = ids(self.entities.get(instrument[0], {}), "workExample") if instrument else []
                self.must(ids(entity, "instrument") == tool, "provenance-run", run, "ran another tool than its step's")
        main = self.main.get("@id")
        for action in self.of_type("CreateAction"):
            if ids(action, "instrument") != [main]:
                self.should(action["@id"] in controlled, "provenance-run", action["@id"], "no ControlAction has it")
        organizers = self.of_type("OrganizeAction")
        self.must(len(organizers) == 1, "provenance-run", "graph", "no OrganizeAction")
        controls = {action["@id"] for action in self.of_type("ControlAction")}
        for action in organizers:
            self.must(ids(action, "instrument"), "provenance-run", action["@id"], "no engine")
            self.must(controls <= set(ids(action, "object")), "provenance-run", action["@id"], "not all ControlActions")
            for run in ids(action, "result"):
                self.must(ids(self.entities.get(run, {}), "instrument") == [main], "provenance-run", action["@id"],
                          "its result is not the run of the workflow")
            self.must(len(ids(action, "result")) == 1, "provenance-run", action["@id"], "no result")

    def positions(self):
        """A step stands behind those that it takes values from."""
        owner = {}
        for workflow in self.of_type("ComputationalWorkflow"):
            for step in ids(workflow, "step"):
                for tool in ids(self.entities[step], "workExample"):
                    for parameter in ids(self.entities.get(tool, {}), "output"):
                        owner.setdefault((workflow["@id"], parameter), []).append(step)
        for workflow in self.of_type("ComputationalWorkflow"):
            for step in ids(workflow, "step"):
                for name in ids(self.entities[step], "connection"):
                    connection = self.entities.get(name, {})
                    self.must("ParameterConnection" in types(connection), "provenance-run", name, "is no connection")
                    for key in ("sourceParameter", "targetParameter"):
                        self.must(all("FormalParameter" in types(self.entities.get(end, {}))
                                      for end in ids(connection, key) or [""]), "provenance-run", name, f"no {key}")
                    sources = [before for end in ids(connection, "sourceParameter")
                               for before in owner.get((workflow["@id"], end), [])]
                    if len(sources) == 1 and sources[0] != step:
                        self.must(int(self.entities[sources[0]]["position"]) < int(self.entities[step]["position"]),
                                  "provenance-run", step, f"stands before {sources[0]}, whose outputs it needs")

    def images_and_usage(self):
        for image in self.of_type("ContainerImage"):
            for key in ("additionalType", "registry", "name"):
                self.should(image.get(key), "process-run", image["@id"], f"no {key}")
        for action in self.of_type("CreateAction"):
            for name in ids(action, "resourceUsage"):
                usage = self.entities.get(name, {})
                self.must("PropertyValue" in types(usage), "provenance-run", name, "is no PropertyValue")
                self.must(usage.get("propertyID"), "provenance-run", name, "no propertyID")
                self.should(urlparse(str(usage.get("propertyID"))).scheme == "https", "provenance-run", name,
                            "propertyID is no URL")


def breaches_of(folder):
    checker = Checker(Path(folder))
    checker.check()
    return checker.breaches


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    found = breaches_of(parser.parse_args().folder)
    for level, rule, entity, words in found:
        print(f"{level} {rule}: {entity}: {words}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
