#!/usr/bin/env cwl-runner
# A secret as an argument, in the environment and in a file of the job.
cwlVersion: v1.2
class: CommandLineTool
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  EnvVarRequirement: {envDef: {PASSWORD: $(inputs.password)}}
  InitialWorkDirRequirement: {listing: [{entryname: conf.ini, entry: "password=$(inputs.password)"}]}
hints:
  cwltool:Secrets: {secrets: [password]}
inputs:
  password: {type: string, inputBinding: {}}
baseCommand: [sh, -c, '(echo "$0"; echo "$PASSWORD"; cat conf.ini) | sha256sum']
stdout: digest.txt
outputs: {digest: stdout}
