# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hangtag_global_optspecs
    string join \n h/help V/version
end

function __fish_hangtag_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hangtag_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hangtag_using_subcommand
    set -l cmd (__fish_hangtag_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hangtag -n "__fish_hangtag_needs_command" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_needs_command" -s V -l version -d 'Print version'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "tag" -d 'Propose tags for the photos of folders'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "import" -d 'Bring folders, and labels if there are any, into a catalogue'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "label" -d 'Say of one photo that a tag fits, or does not'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "labels" -d 'Print all labels of a catalogue'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "evaluate" -d 'Hold what a catalogue has learnt against photos whose truth is known'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "apply" -d 'Set the tags that are right as often as you ask'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "models" -d 'List, fetch and choose models'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "bench" -d 'Measure how fast things are'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l model -d '`starter`, an id of `hangtag models list`, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l catalogue -d 'Propose what this catalogue has learnt; the photos are not added to it' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l group -d 'Only this tag group of the catalogue' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l top -d 'How many proposals a group' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l format -r -f -a "table\t''
csv\t''
json\t''"
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l out -d 'Write to this file instead of stdout' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand import" -l catalogue -d 'The catalogue, made if it is not there' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand import" -l labels-from -d '`folders` (each folder name a tag), `last-folder`, or a CSV with the header path,group,tag,value,source,time' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand import" -l group -d 'The group that `last-folder` fills (default: category), or the only one taken from a CSV' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand import" -l complete -d 'What is not listed of an `any of` group is no'
complete -c hangtag -n "__fish_hangtag_using_subcommand import" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand label" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand label" -l no -d 'The tag does not fit'
complete -c hangtag -n "__fish_hangtag_using_subcommand label" -l unknown -d 'Take back what was said'
complete -c hangtag -n "__fish_hangtag_using_subcommand label" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand labels" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand labels" -l format -r -f -a "csv\t''
json\t''"
complete -c hangtag -n "__fish_hangtag_using_subcommand labels" -l out -d 'Write to this file instead of stdout' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand labels" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l on -d 'Photos whose truth is known; they are not added to the catalogue' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l labels-from -d 'Where the truth is: `last-folder`, or a CSV' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l group -d 'The tag group, if the catalogue has more than one' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l precision -d 'The share of the tags set that must be right, as in 0.97' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l group -d 'The tag group; all of them if none is named' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l dry-run -d 'Say what would be set, and set nothing'
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use help" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use help" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use help" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from use" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "tag" -d 'Photos per second from folder to proposals, and the time of each stage'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "features" -d 'Photos per second of the network, alone and from files, beside candle\'s on a processor'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "layers" -d 'Where the network\'s time goes, and how much of what the processor can do is reached'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "head" -d 'Seconds to fit the live head, from nothing and after one more label'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head catalogue window help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from tag" -l model -d '`starter`, a registry id, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from tag" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from tag" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from tag" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from tag" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from features" -l model -d '`starter`, a registry id, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from features" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from features" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from features" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from features" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l model -d '`starter`, a registry id, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l batch -d 'Images that go through together' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l rows -d 'Labelled photos' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l dim -d 'Features a photo' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l tags -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from catalogue" -l rows -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from catalogue" -l scratch -d 'A new folder to work in, removed at the end (default: in the system\'s folder for temporary files)' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from catalogue" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from catalogue" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from catalogue" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from window" -l rows -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from window" -l scratch -d 'A new folder to work in, removed at the end (default: in the system\'s folder for temporary files)' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from window" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from window" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from window" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "tag" -d 'Photos per second from folder to proposals, and the time of each stage'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "features" -d 'Photos per second of the network, alone and from files, beside candle\'s on a processor'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "layers" -d 'Where the network\'s time goes, and how much of what the processor can do is reached'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "head" -d 'Seconds to fit the live head, from nothing and after one more label'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "tag" -d 'Propose tags for the photos of folders'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "import" -d 'Bring folders, and labels if there are any, into a catalogue'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "label" -d 'Say of one photo that a tag fits, or does not'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "labels" -d 'Print all labels of a catalogue'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "evaluate" -d 'Hold what a catalogue has learnt against photos whose truth is known'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "apply" -d 'Set the tags that are right as often as you ask'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "models" -d 'List, fetch and choose models'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "bench" -d 'Measure how fast things are'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply models bench help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "tag" -d 'Photos per second from folder to proposals, and the time of each stage'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "features" -d 'Photos per second of the network, alone and from files, beside candle\'s on a processor'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "layers" -d 'Where the network\'s time goes, and how much of what the processor can do is reached'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "head" -d 'Seconds to fit the live head, from nothing and after one more label'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
