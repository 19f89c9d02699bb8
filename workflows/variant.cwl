# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: Workflow
label: One variant, from training to explanations
requirements:
  InlineJavascriptRequirement: {}
  MultipleInputFeatureRequirement: {}
inputs:
  variant: File
  tensors: Directory
  folds: File
  pretrained: Directory[]
  start_weights: Directory?
  explanations: int
  threads: int
  device: string
steps:
  start:
    run: tools/start-weights.cwl
    in: {variant: variant, pretrained: pretrained, imported: start_weights}
    out: [weights]
  train:
    run: tools/train.cwl
    in: {variant: variant, tensors: tensors, folds: folds, start_weights: start/weights, threads: threads, device: device}
    out: [model, failure]
  predict:
    run: tools/predict.cwl
    when: $(inputs.failure === null)
    in: {model: train/model, failure: train/failure, tensors: tensors, folds: folds, threads: threads, device: device}
    out: [scores, failure]
  explain:
    run: tools/explain.cwl
    when: $(inputs.failure === null && inputs.count > 0)
    in: {model: train/model, failure: train/failure, tensors: tensors, folds: folds, count: explanations, threads: threads, device: device}
    out: [explanations, failure]
outputs:
  model: {type: Directory, outputSource: train/model}
  scores: {type: "File?", outputSource: predict/scores}
  explanations: {type: "Directory?", outputSource: explain/explanations}
  failures:
    type: File[]
    outputSource: [train/failure, predict/failure, explain/failure]
    pickValue: all_non_null
