# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Choose which variants are trained together; what comes out of a training does not depend on it
requirements:
  InlineJavascriptRequirement: {}
  ResourceRequirement: {ramMin: 4096}
baseCommand: [alveus, pack]
arguments: [--out, packs]
inputs:
  variants: {type: "File[]", inputBinding: {prefix: --variant}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  pack: {type: string, default: auto, inputBinding: {prefix: --pack}}
  memory: {type: int, default: 0, inputBinding: {prefix: --memory}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
outputs:
  packs:
    doc: The variant files of each pack, both in the order of their names
    type: {type: array, items: {type: array, items: File}}
    outputBinding:
      glob: packs/*/*.json
      outputEval: |
        ${
          var packs = {};
          self.forEach(function (file) {
            var parts = file.path.split("/");
            var name = parts[parts.length - 2];
            packs[name] = (packs[name] || []).concat([file]);
          });
          var byName = function (a, b) { return a.basename < b.basename ? -1 : 1; };
          return Object.keys(packs).sort().map(function (name) { return packs[name].sort(byName); });
        }
  table: {type: File, outputBinding: {glob: packs/packs.csv}}
