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
complete -c hangtag -n "__fish_hangtag_needs_command" -a "versions" -d 'List model versions, put one to use, compare two'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "runs" -d 'List trainings, with their settings and outcome'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "export" -d 'Write the model, checked against the app\'s own answers, or tags and data sets for other programs'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "publish" -d 'Export a version and put it where servers look for it: a folder, S3 or Google Cloud Storage'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "train" -d 'Fine-tune the network\'s last layers on the labels'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "check" -d 'Say whether a catalogue is whole, and which backups it has'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "repair" -d 'Save what can be read of a damaged catalogue, filled up from its newest backup'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "restore" -d 'Go back to a backup'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "models" -d 'List, fetch and choose models'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "bench" -d 'Measure how fast things are'
complete -c hangtag -n "__fish_hangtag_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l model -d '`starter`, an id of `hangtag models list`, a folder with weights.safetensors and spec.json, or an exported bundle, which proposes its own tags' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l catalogue -d 'Propose what this catalogue has learnt; the photos are not added to it' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand tag" -l group -d 'Only this tag group of the catalogue or the bundle' -r
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
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l labels-from -d 'Where the truth is: folder names, or a CSV; in an `any of` group, one that says no of nothing is complete' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l group -d 'The tag group, if the catalogue has more than one' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l version -d 'The version that is asked; without it the one in use, else what the labels so far taught' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand evaluate" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l precision -d 'The share of the tags set that must be right, as in 0.97' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l group -d 'The tag group; all of them if none is named' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l dry-run -d 'Say what would be set, and set nothing'
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand apply" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "list" -d 'All versions, with what each was measured to reach'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "use" -d 'Use a version from now on; `use` with the one before goes back'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "rename" -d 'Call a version something else'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "delete" -d 'Delete a version that is not in use; its number is never given again'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "diff" -d 'List the photos whose tags change from one version to another'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and not __fish_seen_subcommand_from list use rename delete diff help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from list" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from use" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from rename" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from delete" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from diff" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "list" -d 'All versions, with what each was measured to reach'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "use" -d 'Use a version from now on; `use` with the one before goes back'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Call a version something else'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a version that is not in use; its number is never given again'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "diff" -d 'List the photos whose tags change from one version to another'
complete -c hangtag -n "__fish_hangtag_using_subcommand versions; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -f -a "list" -d 'All runs; the same as naming nothing'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -f -a "show" -d 'One run with its settings and outcome'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -f -a "discard" -d 'Give up a run that was not finished, so that a version whose network it needs can be deleted'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and not __fish_seen_subcommand_from list show discard help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from list" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from show" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from discard" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from discard" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "list" -d 'All runs; the same as naming nothing'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "show" -d 'One run with its settings and outcome'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "discard" -d 'Give up a run that was not finished, so that a version whose network it needs can be deleted'
complete -c hangtag -n "__fish_hangtag_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l version -d 'The model version; without it that in use, or one made of what was learnt since' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l format -r -f -a "bundle\t'The model for Hangtag and plain PyTorch'
onnx\t''
savedmodel\t''
tflite\t''
coreml\t''
jsonl\t'Tags as JSON Lines, one a product'
xmp\t'Tags as XMP sidecars, beside the photos if --out is their folder; those that are there are merged'
folders\t'Photos in folders by tag'
imagefolder\t'Photos and tags for Hugging Face datasets'
tfrecord\t'Photos and tags as shards of tf.train.Example'
parquet\t'Tags as a table, a row a label'
shopify\t'Tags as a product CSV for Shopify'
woocommerce\t'Tags as a product CSV for `WooCommerce`'"
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l precision -d 'How exactly the model\'s numbers are kept (default: f32)' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l merge-into -d 'The shop\'s own product export, to merge into (shopify, woocommerce)' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l link -d 'How photos come into a folder (folders, imagefolder; default: copy)' -r -f -a "copy\t''
hard\t'Hard links: no room taken, the same disk only'
symbolic\t'Symbolic links to where the photos lie now'"
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l out -d 'The file or folder to write; a folder must be new, empty, or an earlier export' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l insist -d 'Keep an int8 model that decides too often otherwise than the app'
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -l serving -d 'Add what a server needs (savedmodel: TensorFlow Serving, onnx: Triton)'
complete -c hangtag -n "__fish_hangtag_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l version -d 'The model version' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l format -r
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l precision -d 'How exactly the model\'s numbers are kept' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l verified -d 'An export of the version in which `verify.py` was run: publish only files that gave the app\'s answers there' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l to -d 'Where the version\'s folder will lie: `TO/N`' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -l insist -d 'Publish an int8 model that decides too often otherwise than the app'
complete -c hangtag -n "__fish_hangtag_using_subcommand publish" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l group -d 'The tag group; all that have labels enough if none is named' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l unfreeze -d 'What is trained beside the tags\' own layer: nothing, the last one or two stages, or everything' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l epochs -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l precision -d 'What the matrix products read: unless another is named, bf16 on a graphics card and on a processor that multiplies it, else f32' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l device -d 'Where it is trained: on a graphics card where this build and this computer have one, else on the processor' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l seed -d 'The same seed, photos and labels give the same model on the same machine' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l cache-gb -d 'Gigabytes of disk that views of the photos may take (default: 6.4)' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l resume -d 'Go on with a run that was cut off' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l validation -d 'Judge by the photos of this folder, which are not added to the catalogue, and learn from all that are in it' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l labels-from -d 'Where the truth of those photos is' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l activate -d 'Put the new version to use: if it is better than the live head, always, or never' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -l json -d 'A line of JSON an epoch'
complete -c hangtag -n "__fish_hangtag_using_subcommand train" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand check" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand check" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand repair" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand repair" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand restore" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand restore" -l backup -d 'The backup of this number, as `hangtag check` lists them, instead of the newest' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand restore" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -f -a "calibrate" -d 'Measure on a catalogue\'s photos whether eight bits are as good as f32 and faster, and use them if so'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and not __fish_seen_subcommand_from list get use calibrate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from list" -l catalogue -d 'Say what was measured of the precisions on this catalogue' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from use" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from calibrate" -l catalogue -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from calibrate" -l json
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from calibrate" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "calibrate" -d 'Measure on a catalogue\'s photos whether eight bits are as good as f32 and faster, and use them if so'
complete -c hangtag -n "__fish_hangtag_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "tag" -d 'Photos per second from folder to proposals, and the time of each stage'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "features" -d 'Photos per second of the network, alone and from files, beside candle\'s on a processor'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "layers" -d 'Where the network\'s time goes, and how much of what the processor can do is reached'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "head" -d 'Seconds to fit the live head, from nothing and after one more label'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "train" -d 'Photos per second of training, while the frozen stages are computed and on what was kept of them'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "export" -d 'Writing a model, without the check: seconds and memory'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching; backup, restore, check and repair'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and not __fish_seen_subcommand_from tag features layers head train export catalogue window help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
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
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l int8 -d 'In whole numbers of eight bits, calibrated on these photos' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l bf16 -d 'In bf16'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from layers" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l rows -d 'Labelled photos' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l dim -d 'Features a photo' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l tags -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l model -d '`starter`, a registry id, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l unfreeze -d 'What is trained beside the tags\' own layer' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l epochs -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l limit -d 'So many of the folder\'s photos' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l views -d 'Views that are kept of each photo (default: as many as a run would keep)' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from train" -s h -l help -d 'Print help'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l model -d '`starter`, a registry id, or a folder with weights.safetensors and spec.json' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l format -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l precision -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l scratch -d 'A new folder to write into, removed at the end (default: in the system\'s folder for temporary files)' -r -F
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l threads -d 'Use this many threads' -r
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l random-weights -d 'Made-up weights for the shape resnet18, 34, 50, 101 or 152'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -l json -d 'One line of JSON instead of a table'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
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
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "train" -d 'Photos per second of training, while the frozen stages are computed and on what was kept of them'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "export" -d 'Writing a model, without the check: seconds and memory'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching; backup, restore, check and repair'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
complete -c hangtag -n "__fish_hangtag_using_subcommand bench; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "tag" -d 'Propose tags for the photos of folders'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "import" -d 'Bring folders, and labels if there are any, into a catalogue'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "label" -d 'Say of one photo that a tag fits, or does not'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "labels" -d 'Print all labels of a catalogue'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "evaluate" -d 'Hold what a catalogue has learnt against photos whose truth is known'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "apply" -d 'Set the tags that are right as often as you ask'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "versions" -d 'List model versions, put one to use, compare two'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "runs" -d 'List trainings, with their settings and outcome'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "export" -d 'Write the model, checked against the app\'s own answers, or tags and data sets for other programs'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "publish" -d 'Export a version and put it where servers look for it: a folder, S3 or Google Cloud Storage'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "train" -d 'Fine-tune the network\'s last layers on the labels'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "check" -d 'Say whether a catalogue is whole, and which backups it has'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "repair" -d 'Save what can be read of a damaged catalogue, filled up from its newest backup'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "restore" -d 'Go back to a backup'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "models" -d 'List, fetch and choose models'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "bench" -d 'Measure how fast things are'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and not __fish_seen_subcommand_from tag import label labels evaluate apply versions runs export publish train check repair restore models bench help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from versions" -f -a "list" -d 'All versions, with what each was measured to reach'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from versions" -f -a "use" -d 'Use a version from now on; `use` with the one before goes back'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from versions" -f -a "rename" -d 'Call a version something else'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from versions" -f -a "delete" -d 'Delete a version that is not in use; its number is never given again'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from versions" -f -a "diff" -d 'List the photos whose tags change from one version to another'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "list" -d 'All runs; the same as naming nothing'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "show" -d 'One run with its settings and outcome'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "discard" -d 'Give up a run that was not finished, so that a version whose network it needs can be deleted'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "list" -d 'All models, and whether they are on this computer'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "get" -d 'Fetch a model once; an interrupted download goes on where it stopped'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "use" -d 'Use a model for a catalogue from now on'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "calibrate" -d 'Measure on a catalogue\'s photos whether eight bits are as good as f32 and faster, and use them if so'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "tag" -d 'Photos per second from folder to proposals, and the time of each stage'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "features" -d 'Photos per second of the network, alone and from files, beside candle\'s on a processor'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "layers" -d 'Where the network\'s time goes, and how much of what the processor can do is reached'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "head" -d 'Seconds to fit the live head, from nothing and after one more label'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "train" -d 'Photos per second of training, while the frozen stages are computed and on what was kept of them'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "export" -d 'Writing a model, without the check: seconds and memory'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "catalogue" -d 'A catalogue of many photos: import, opening, filtering, searching; backup, restore, check and repair'
complete -c hangtag -n "__fish_hangtag_using_subcommand help; and __fish_seen_subcommand_from bench" -f -a "window" -d 'The window without a display: frames while scrolling, filtering and typing'
