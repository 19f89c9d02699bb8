cwlVersion: v1.2
class: Workflow
inputs: {text: string}
outputs: []
steps:
  say:
    run: good-tool.cwl
    in: {message: {source: text, linkMerge: merge_flat}}
    out: [said]
