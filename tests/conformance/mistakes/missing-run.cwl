cwlVersion: v1.2
class: Workflow
inputs: {text: string}
outputs: []
steps:
  say:
    in: {message: text}
    out: [said]
