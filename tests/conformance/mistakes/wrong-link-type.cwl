cwlVersion: v1.2
class: Workflow
inputs: {text: int}
outputs: []
steps:
  say:
    run: good-tool.cwl
    in: {message: text}
    out: [said]
