cwlVersion: v1.2
class: Workflow
inputs: {text: string}
outputs: []
steps:
  say:
    run: good-tool.cwl
    in: {mesage: text}
    out: [said]
