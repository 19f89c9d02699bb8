# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: Workflow
label: The universal pipeline
doc: |
  CT slices or volumes with labels in; every variant of the study pre-trained where it asks for that, trained, measured, explained and compared; a report
  out. Research use only. Shared steps run once; packs of variants run side by side, and a variant that fails is
  reported while the others go on.
requirements:
  ScatterFeatureRequirement: {}
  SubworkflowFeatureRequirement: {}
inputs:
  data: {type: Directory, doc: Data set with a manifest.csv at its top}
  manifest: {type: "File?", doc: A manifest elsewhere}
  positive: {type: "string?", doc: Label of the positive class}
  duplicates: {type: string, default: drop, doc: "Pictures found in two patients: drop, fail or keep"}
  image_size: {type: int, default: 128, doc: Side of the network's input in pixels}
  window_low: {type: float, default: -1250, doc: HU that becomes 0}
  window_high: {type: float, default: 250, doc: HU that becomes 255}
  crop: {type: string, default: lung, doc: "lung, masked, scan or full"}
  dtype: {type: string, default: uint8, doc: "uint8 or float16: how pixels are kept"}
  split_method: {type: string, default: auto, doc: "auto, official or grouped"}
  folds: {type: int, default: 5, doc: Number of folds where they are made here}
  preset: {type: "string?", doc: Named set of variants}
  study: {type: "File?", doc: Axes of a study of one's own}
  epochs: {type: "int?", doc: Epochs in place of the preset's}
  start_weights: {type: "Directory?", doc: "Files of start weights, called after the networks"}
  explanations: {type: int, default: 6, doc: Explained slices of each variant}
  aggregate: {type: string, default: mean, doc: "Slices to patient: mean or max"}
  threshold: {type: string, default: youden, doc: "Rule that fixes the threshold on validation: youden, 0.5 or sensitivity95"}
  bootstrap: {type: int, default: 2000, doc: Resamples of patients}
  seed: {type: int, default: 1, doc: Seed of folds and resamples}
  threads: {type: int, default: 1, doc: "Threads of each training, and of the steps that read the data"}
  device: {type: string, default: auto, doc: "auto, cpu or cuda"}
  pack: {type: string, default: auto, doc: "Variants trained together at most; auto: 8 on a GPU, 1 on a CPU"}
  memory: {type: int, default: 0, doc: "MiB that variants trained together may take; 0: 4096 on a CPU, 12288 on a GPU"}
steps:
  ingest:
    run: tools/ingest.cwl
    in: {data: data, manifest: manifest, positive: positive, duplicates: duplicates, threads: threads}
    out: [study, table]
  window:
    run: tools/window.cwl
    in:
      table: ingest/table
      data: data
      size: image_size
      low: window_low
      high: window_high
      crop: crop
      dtype: dtype
      threads: threads
    out: [tensors]
  split:
    run: tools/split.cwl
    in: {tensors: window/tensors, method: split_method, folds: folds, seed: seed}
    out: [folds, table]
  variants:
    run: tools/variants.cwl
    in: {folds: split/table, preset: preset, study: study, epochs: epochs}
    out: [variants, table, pretrainings]
  pretrain:
    run: tools/pretrain.cwl
    scatter: pretraining
    in:
      pretraining: variants/pretrainings
      tensors: window/tensors
      folds: split/table
      threads: threads
      device: device
    out: [weights]
  packs:
    run: tools/pack.cwl
    in: {variants: variants/variants, tensors: window/tensors, pack: pack, memory: memory, device: device}
    out: [packs]
  pack:
    run: pack.cwl
    scatter: variants
    in:
      variants: packs/packs
      tensors: window/tensors
      folds: split/table
      pretrained: pretrain/weights
      start_weights: start_weights
      explanations: explanations
      threads: threads
      device: device
      memory: memory
    out: [models, scores, explanations, failures]
  results:
    run: tools/unpack.cwl
    in: {models: pack/models, scores: pack/scores, explanations: pack/explanations, failures: pack/failures}
    out: [models, scores, explanations, failures]
  metrics:
    run: tools/metrics.cwl
    in:
      scores: results/scores
      failures: results/failures
      aggregate: aggregate
      threshold: threshold
      bootstrap: bootstrap
      seed: seed
    out: [metrics]
  compare:
    run: tools/compare.cwl
    in:
      scores: results/scores
      metrics: metrics/metrics
      bootstrap: bootstrap
      seed: seed
    out: [comparison, ranking]
  report:
    run: tools/report.cwl
    in:
      comparison: compare/comparison
      metrics: metrics/metrics
      training: results/models
      explanations: results/explanations
      study: ingest/study
      folds: split/folds
      tensors: window/tensors
    out: [report]
outputs:
  report: {type: File, outputSource: report/report}
  metrics: {type: File, outputSource: metrics/metrics}
  comparison: {type: Directory, outputSource: compare/comparison}
  ranking: {type: File, outputSource: compare/ranking}
  study: {type: Directory, outputSource: ingest/study}
  folds: {type: Directory, outputSource: split/folds}
  variants: {type: File, outputSource: variants/table}
  pretrained: {type: "Directory[]", outputSource: pretrain/weights}
  models: {type: "Directory[]", outputSource: results/models}
  scores: {type: "File[]", outputSource: results/scores}
