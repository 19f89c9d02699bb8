# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: Workflow
label: The variants of one pack, from training to explanations
requirements:
  InlineJavascriptRequirement: {}
  MultipleInputFeatureRequirement: {}
  ScatterFeatureRequirement: {}
inputs:
  variants: File[]
  tensors: Directory
  folds: File
  pretrained: Directory[]
  start_weights: Directory?
  explanations: int
  threads: int
  device: string
  memory: int
steps:
  wanted:
    run: tools/pretraining-of.cwl
    scatter: variant
    in: {variant: variants}
    out: [pretraining]
  start:
    run: tools/start-weights.cwl
    in: {wanted: wanted/pretraining, pretrained: pretrained, imported: start_weights}
    out: [weights]
  train:
    run: tools/train.cwl
    in: {variants: variants, tensors: tensors, folds: folds, start_weights: start/weights, threads: threads, device: device, memory: memory}
    out: [models, failures]
  predict:
    run: tools/predict.cwl
    scatter: [model, failure]
    scatterMethod: dotproduct
    when: $(inputs.failure === null)
    in: {model: train/models, failure: train/failures, tensors: tensors, folds: folds, threads: threads, device: device}
    out: [scores, failure]
  explain:
    run: tools/explain.cwl
    scatter: [model, failure]
    scatterMethod: dotproduct
    when: $(inputs.failure === null && inputs.count > 0)
    in: {model: train/models, failure: train/failures, tensors: tensors, folds: folds, count: explanations, threads: threads, device: device}
    out: [explanations, failure]
outputs:
  models: {type: "Directory[]", outputSource: train/models}
  scores: {type: "File[]", outputSource: [predict/scores], linkMerge: merge_flattened, pickValue: all_non_null}
  explanations: {type: "Directory[]", outputSource: [explain/explanations], linkMerge: merge_flattened, pickValue: all_non_null}
  failures:
    type: File[]
    outputSource: [train/failures, predict/failure, explain/failure]
    linkMerge: merge_flattened
    pickValue: all_non_null
