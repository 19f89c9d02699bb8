{"cwlVersion": "v1.0", "class": "Workflow", "id": "#main", "inputs": [{"id": "#main/x", "type": ["null", "File"]}],
"outputs": [{"id": "#main/o", "type": "File", "outputSource": "#main/s/o"}], "steps": [{"id": "#main/s",
"run": {"class": "CommandLineTool", "inputs": [], "outputs": [{"id": "o", "type": "stdout"}]}, "in": [], "out": ["#main/s/o"]}]}
