# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Train the variants of a pack together; one that fails leaves its reason and does not stop the others
requirements:
  InlineJavascriptRequirement: {}
  # AMSGrad keeps five copies of the 129 million parameters of a VGG network. What a pack takes on a CPU is the planner's
  # limit; on a GPU it takes the GPU's.
  ResourceRequirement:
    coresMin: $(inputs.threads)
    ramMin: "$(inputs.variants.length > 1 && inputs.device !== 'cuda' ? Math.max(4096, inputs.memory) : 4096)"
baseCommand: [alveus, train]
arguments: [--record-failure, --models, models]
inputs:
  variants: {type: "File[]", inputBinding: {prefix: --variant}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  folds: {type: File, inputBinding: {prefix: --folds}}
  start_weights: {type: "Directory?", inputBinding: {prefix: --weights}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
  memory: {type: int, default: 0, doc: MiB that a pack may take}
outputs:
  models:
    doc: A folder for each variant, in their order
    type: Directory[]
    outputBinding:
      glob: "$(inputs.variants.map(function (variant) { return 'models/' + variant.nameroot; }))"
  failures:
    doc: For each variant nothing, or why it could not be trained
    type: {type: array, items: ["null", File]}
    outputBinding:
      glob: models/*/failure.json
      outputEval: |
        ${
          return inputs.variants.map(function (variant) {
            var end = "/" + variant.nameroot + "/failure.json";
            var found = self.filter(function (file) { return file.path.slice(-end.length) === end; });
            return found.length > 0 ? found[0] : null;
          });
        }
