cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
requirements:
  InlineJavascriptRequirement:
    expressionLib:
      - function double(x { return 2 * x; }
inputs: []
outputs: []
arguments: [$(double(1))]
