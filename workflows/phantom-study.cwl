# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: Workflow
label: The universal pipeline on a synthetic chest CT with ground-truth lesions
requirements:
  SubworkflowFeatureRequirement: {}
inputs:
  patients: {type: int, default: 48}
  slices: {type: int, default: 4}
  phantom_size: {type: int, default: 96}
  phantom_seed: {type: int, default: 1}
  marker: {type: string, default: none}
  image_size: {type: int, default: 64}
  folds: {type: int, default: 3}
  preset: {type: "string?"}
  study: {type: "File?"}
  epochs: {type: "int?"}
  start_weights: {type: "Directory?"}
  explanations: {type: int, default: 6}
  bootstrap: {type: int, default: 2000}
  seed: {type: int, default: 1}
  threads: {type: int, default: 1}
  device: {type: string, default: auto}
  pack: {type: string, default: auto}
  memory: {type: int, default: 0}
steps:
  phantom:
    run: tools/phantom.cwl
    in: {patients: patients, slices: slices, size: phantom_size, seed: phantom_seed, marker: marker, threads: threads}
    out: [data]
  pipeline:
    run: universal.cwl
    in:
      data: phantom/data
      image_size: image_size
      folds: folds
      preset: preset
      study: study
      epochs: epochs
      start_weights: start_weights
      explanations: explanations
      bootstrap: bootstrap
      seed: seed
      threads: threads
      device: device
      pack: pack
      memory: memory
    out: [report, metrics, comparison, ranking, study, folds, variants, pretrained, models, scores]
outputs:
  report: {type: File, outputSource: pipeline/report}
  metrics: {type: File, outputSource: pipeline/metrics}
  comparison: {type: Directory, outputSource: pipeline/comparison}
  ranking: {type: File, outputSource: pipeline/ranking}
  study: {type: Directory, outputSource: pipeline/study}
  folds: {type: Directory, outputSource: pipeline/folds}
  variants: {type: File, outputSource: pipeline/variants}
  pretrained: {type: "Directory[]", outputSource: pipeline/pretrained}
  models: {type: "Directory[]", outputSource: pipeline/models}
  scores: {type: "File[]", outputSource: pipeline/scores}
