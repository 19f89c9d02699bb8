cwlVersion: v1.2
class: Workflow
inputs: {text: string}
outputs: []
steps:
  say:
    run: good-tol.cwl
    in: {message: text}
    out: [said]
