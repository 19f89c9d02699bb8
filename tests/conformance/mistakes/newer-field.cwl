cwlVersion: v1.1
class: Workflow
inputs: {text: string}
outputs: []
steps:
  say:
    run: good-tool-v11.cwl
    in: {message: text}
    out: [said]
    when: $(true)
