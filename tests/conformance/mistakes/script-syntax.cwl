cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
requirements: {InlineJavascriptRequirement: {}}
inputs: []
outputs: []
arguments:
  - |
    ${
      var a = 1;
      return a +;
    }
