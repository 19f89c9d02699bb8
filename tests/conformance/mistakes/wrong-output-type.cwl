cwlVersion: v1.2
class: Workflow
inputs: {text: string}
outputs:
  said: {type: string, outputSource: say/said}
steps:
  say:
    run: good-tool.cwl
    in: {message: text}
    out: [said]
