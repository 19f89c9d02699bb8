#!/usr/bin/env cwl-runner
# Takes longer than it may.
cwlVersion: v1.0
class: CommandLineTool
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  cwltool:TimeLimit: {timelimit: 1}
inputs: []
baseCommand: [sleep, "20"]
outputs: []
