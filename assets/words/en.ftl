### The words on screen in English. Every key and every variable stands in the other languages too: a test holds them
### against each other. Numbers get their separators by themselves.

## Used in several places

accept = Accept
reject = Reject
cancel = Cancel
close = Close
mark-reviewed = Mark reviewed
num-photos = { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
num-copies = { $count ->
    [one] { $count } copy
   *[other] { $count } copies
}
percent = { $number } %
# A group of tags with its kind, as in "category, one of".
group-caption = { $name }, { $kind }
kind-one-of = one of
kind-any-of = any of
list-separator = {", "}

## Welcome

welcome-title = Tag your product photos
welcome-promise = Hangtag proposes, you correct, and every correction teaches it. Nothing leaves this computer.
welcome-open-folder = Open a folder of photos…
welcome-open-catalogue = Open a catalogue…
welcome-demo = Try it with demo photos
welcome-drop = or drop a folder here
welcome-recent = Opened lately
welcome-opening = Opening the catalogue…

## The system's dialogs

ask-folder = Open a folder of photos
ask-catalogue = Open a catalogue

## The bar across the top

top-open = Open…
top-open-hint = Another folder of photos
top-light = Light colours
top-dark = Dark colours
top-search = Search or filter
undo = Undo
redo = Redo
# What would be undone or done again, as in "Undo set dress on 3 photos".
undo-what = Undo { $words }
redo-what = Redo { $words }
undo-nothing = Nothing to undo
redo-nothing = Nothing to redo
undone = Undone: { $words }
redone = Done again: { $words }

## Filters and orders

filters-photos = Photos
filters-new-tag = + New tag
filter-all = All
filter-to-review = To review
filter-unsure = Unsure
filter-reviewed = Reviewed
filter-duplicates = Duplicates
filter-missing = Missing
filter-broken = Broken
filter-tag = Tag
tag-counts = { $labelled } labelled, { $proposed } proposed, { $rejected } rejected
order = Order
order-name = By name
order-least-certain = Least certain first
order-date = Newest first
order-newest-decision = Newest decision first
order-most-certain = Most certain first

## The photos

hint-words = These are everyday words, a way in. Accept one that fits, or select photos and press T to give them a tag of your own.
hint-first-tags = Give two tags two photos each, and Hangtag starts to propose your own tags instead of everyday words.
empty-looking = Looking for photos…
empty-catalogue = No photos here yet. Drop a folder of photos into this window.
empty-search = No photo of this name. Change or clear the search.
empty-to-review = Nothing left to review. Well done.
empty-unsure = Nothing to be unsure of.
empty-reviewed = Nothing reviewed yet. Accept proposals with A, or press 1 to 9 for a tag.
empty-filter = No photo here.
photo-coming = coming…
photo-gone = the file is gone

## A tag on a photo

chip-accept = Accept { $name }
chip-reject = Reject { $name }
chip-clear = Clear { $name }
chip-is = It is { $name }
chip-is-not = Not { $name }
chip-take-back = Take back { $name }
# As a screen reader says it.
chip-proposed = { $name } proposed at { $percent } %
answer-set = Set { $name }

## One photo

photo-none =
    Select a photo to see it large,
    with everything known of it.
photo-name = Photo { $name }
photo-broken = This photo cannot be used: { $reason }.
photo-broken-advice = Copy it again from the camera or wherever it came from, then press { $key }.
photo-show-folder = Show its folder
photo-missing = The file is gone. Its labels are kept; they return when the file does.
photo-words = Everyday words, a way in
label-person = by you
label-proposal = accepted by you
label-proposal-at = proposed at { $percent } %, accepted by you
label-import = imported
label-rule = proposed at { $percent } %, accepted by rule
accept-tag = Accept { $name }
other-tag = Other tag…
mark-reviewed-long = Mark reviewed: what is unset becomes no
learned = { $count ->
    [one] { $group }: learned from { $count } photo.
   *[other] { $group }: learned from { $count } photos.
}
learned-held-out = { $count ->
    [one] { $group }: learned from { $count } photo. Right on { $percent } % of photos held out.
   *[other] { $group }: learned from { $count } photos. Right on { $percent } % of photos held out.
}

## Several photos

num-selected = { $count } selected
selection-set-tag = Set tag…
selection-clear = Clear

## The bar along the bottom

dismiss = Dismiss
job-started = { $title }…
job-progress = { $title } { $done } of { $total }
job-rate = { $rate } photos/s
job-rate-left = { $rate } photos/s, { $left } left
job-cancelled = { $title }: cancelled
job-stopping = { $title }: stopping…
seconds = { $count } s
minutes = { $count } min
hours = { $count } h
saved = All changes saved
reading-only = Reading only
model = Model { $name }
model-none = No model
model-reading = Reading the model…

## A tag by name

tag-new = New tag
tag-set = Set a tag
tag-set-many = { $count ->
    [one] Set a tag on { $count } photo
   *[other] Set a tag on { $count } photos
}
tag-name = Tag name
tag-name-hint = Name, for instance dress
tag-make = Make tag
tag-set-known = Set tag
group = Group
group-in = in the group
group-new = New group…
group-name = Group name
group-name-hint = Group, for instance colour
group-one-of = One of: exactly one tag fits a photo
group-any-of = Any of: each tag fits or does not

## The keys

keys = Keys
key-accept = Accept what is proposed
key-reject = Reject the likeliest proposal
key-skip = Skip to the next photo
key-tag = Set a tag by name
key-new-tag = Make a new tag
key-reviewed = Mark as reviewed: what is unset becomes no
key-redo = Redo
key-undo = Undo
key-select-all = Select all photos shown
key-clear-selection = Clear the selection
key-search = Search
key-open-catalogue = Open a catalogue
key-open-folder = Open a folder of photos
key-rescan = Look at the folders again
key-close = Close the catalogue
key-keys = Show the keys
key-about = About Hangtag
key-digits = Answer with a tag of the first open group
key-arrows-name = Arrows, Home, End
key-arrows = Move; with Shift the selection grows
key-click-name = Ctrl+click
key-click = Add a photo to the selection

## Notices

notice-no-file-dialog = This system has no file dialog: install zenity or xdg-desktop-portal, or drop the folder onto this window.
notice-nothing-there = There is no folder or catalogue at { $path }.
notice-crash = Hangtag ended by a mistake of its own last time. Nothing you said is lost. What happened is written down in { $path }.
notice-repaired = The catalogue is repaired. Labels: { $labels } are there, { $backup } of them as they were in the backup; { $lost } are lost. What was there before is kept in { $folder }.
notice-read-only = This catalogue is open for reading only: { $reason }.
notice-select-first = Select a photo first
notice-nothing-proposed = Nothing is proposed here: 1 to 9 set a tag, T sets one by name
notice-nothing-proposed-review = Nothing is proposed here: 1 to 9 set a tag, R marks the photo reviewed
notice-none-left = No other photo shown is left to review. Esc goes back to the grid.
notice-words-one-by-one = Everyday words are accepted photo by photo; press T to set one tag on all
notice-words-no-reject = Everyday words need no rejecting: press T and say what it is
notice-no-font = This computer has no font for Chinese, Japanese and Korean text. Install one, then start Hangtag again.
notice-no-font-linux = This computer has no font for Chinese, Japanese and Korean text. Install the package fonts-noto-cjk (Debian, Ubuntu) or google-noto-sans-cjk-fonts (Fedora), then start Hangtag again.

## Steps of the history, as they follow "Undo"

deed-accept = accept { $tag } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-reject = reject { $tag } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-clear = clear { $tag } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-set = set { $tag } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-accept-proposals = accept proposals on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-reject-proposals = reject proposals on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-mark-reviewed = mark { $count ->
    [one] { $count } photo reviewed
   *[other] { $count } photos reviewed
}
deed-auto-tag = auto-tag { $what } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-import-file = import labels from { $file }
deed-import-folders = import labels from folder names
deed-take-over = take over the labels of { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-add-tag = new tag { $tag }
deed-edit-tag = edit { $tag }
deed-rename = rename { $from } to { $to }
deed-merge = merge { $from } into { $into }
deed-split = split { $to } from { $from } on { $count ->
    [one] { $count } photo
   *[other] { $count } photos
}
deed-retire = retire { $tag }
deed-restore = restore { $tag }
deed-delete = delete { $tag }
deed-move = move { $tag } to { $group }
deed-reorder = reorder { $group }
deed-add-group = new group { $group }
deed-kind = make { $group } { $kind }
deed-delete-group = delete the group { $group }
deed-save-filter = save the filter { $name }
deed-delete-filter = delete the filter { $name }

## Jobs

task-import = Reading { $folder }
task-embed = Looking at photos
task-learn = Learning from your answers
task-open-model = Opening the model
task-calibrate = Checking whether the quick way is good enough
task-export = Exporting as { $format }
export-done = Written to { $folder }
task-publish = Publishing to { $to }
publish-done = Version { $version } is at { $to }
task-train = Training
train-done = Run { $run } became version { $version }
train-paused = Run { $run } is paused
task-check-auto-tag = Checking how sure { $group } is
task-back-up = Backing up the catalogue
task-freeze = Making a version
task-activate = Getting version { $version } ready
task-activate-live-head = Going back to what Hangtag knows now
task-compare-versions = Comparing versions { $from } and { $to }
frozen-done = Version { $version } was made
activated-done = Version { $version } is in use
activated-live-head = What Hangtag knows now is in use
task-export-labels = Exporting tags to { $file }
check-done = { $group }: checked on { $count ->
    [one] { $count } label
   *[other] { $count } labels
}
export-labels-done = Tags exported to { $file }
import-done = { $folder }: { $photos }
import-new = { $count } new
import-changed = { $count } changed
import-moved = { $count } moved
import-missing = { $count } missing
import-removed = { $count } removed
import-duplicates = { $count ->
    [one] { $count } duplicate
   *[other] { $count } duplicates
}
import-broken = { $count } broken
import-passed-over = { $count } passed over
embed-done = { $count ->
    [one] { $count } photo looked at
   *[other] { $count } photos looked at
}

## Everywhere

save = Save
back = Back
skip = Skip
megabytes = { $count } MB
top-commands = Commands
num-shots = { $count ->
    [one] { $count } shot
   *[other] { $count } shots
}

## The query line

completion-key = key
completion-operator = operator
completion-value = value
search-clear = Clear search
search-saved = saved filter
# Three examples below the empty line, each with the query that asks for it.
search-no-labels = Photos without a label
search-unsure = Photos it is unsure of
search-by-name = Names that begin with IMG
search-keys = Tab takes the marked one, ↑ and ↓ mark another, Esc closes the list
query-did-you-mean = Did you mean { $name }?
query-unclosed-quote = The quote is not closed: add a " at its end.
query-unclosed-parenthesis = The parenthesis is not closed: add a ) at its end.
query-unopened-parenthesis = No parenthesis was opened before this one: remove it, or quote it to look for it.
query-empty-parentheses = Nothing stands between the parentheses.
query-empty-quotes = Nothing stands between the quotes.
query-nothing-before = Nothing stands before the operator: quote it to look for it.
query-nothing-after = Nothing stands after the operator: quote it to look for it.
query-too-deep = Too many parentheses stand in each other.
query-unknown-key = “{ $name }:” cannot be asked for: quote it to look for it.
query-no-value = Something is missing after “{ $name }:”.
query-unknown-value = “{ $name }” is none of { $known }.
query-unknown-tag = No tag is called “{ $name }”.
query-unknown-tag-of = No tag of { $group } is called “{ $name }”.
query-unknown-group = No tag group is called “{ $name }”.
query-no-answer = Say what { $name } should be: { $name }=? while it is open, { $name }=any once it is decided, or a tag.
query-not-a-number = “{ $name }” is no whole number.
query-not-a-score = “{ $name }” is no score: scores go from 0 to 1.
query-not-a-date = “{ $name }” is no date: write 2026, 2026-03 or 2026-03-31.
query-reversed = Nothing lies between these two: the smaller one comes first.
save-filter = Save this filter
save-filter-empty = Type a query first, for instance tag:dress AND score:<0.6, then save it here.
save-filter-name = Name of the filter
filters-saved = Saved filters
filters-saved-edit = Edit…
saved-filters-none = Nothing is saved yet. Type a query, then keep it under a name.
saved-filter-name = Name of { $name }
saved-filter-delete = Delete { $name }
filters-edit-group = Rename this group, change its kind, or delete it

## One tag at a time, and sections

side-either = All
side-proposed = Proposed
side-yes = Labelled
side-no = Rejected
accept-rest = { $count ->
    [one] Accept { $count } photo
   *[other] Accept { $count } photos
}
accept-rest-what = { $count ->
    [0] Click the photos that are wrong first.
    [one] { $count } marked as wrong is rejected.
   *[other] { $count } marked as wrong are rejected.
}
group-by-tag = Group by tag
section-none = Without a tag
section-accept = { $count ->
    [one] Accept { $count } as { $name }
   *[other] Accept { $count } as { $name }
}
confirm-accept-all = { $count ->
    [one] Accept what is proposed on { $count } photo? One undo takes it back.
   *[other] Accept what is proposed on { $count } photos? One undo takes all of it back.
}
empty-proposed = Nothing is proposed for this tag any more.
shots-together = { $count ->
    [one] { $count } shot of this product
   *[other] { $count } shots of this product, labelled together
}
photo-take-over = Take over the labels of the photo that was here before

## Hints, shown until they are read

hint-one-tag = One tag at a time: under Proposed, click what is wrong, then accept all the rest with Shift+Enter.
hint-focus = Press F to see one photo at a time: A accepts, X rejects, 1 to 9 pick, and the next one comes by itself.
hint-read = Got it

## Focus mode

focus = Focus
focus-pace = { $count } / min
focus-left = { $done } done, { $left } left
focus-no-tags = No tags yet
focus-no-tags-what = Press T and say what this is: that makes your first tag.
focus-all-reviewed = Everything shown here is reviewed.
focus-unsure = Unsure between { $first } and { $second }: your answer helps most here.
focus-last = Last ten, click to go back
focus-back = grid
focus-back-to = Back to { $name }

## Auto-tag

auto-tag = Auto-tag
auto-tag-button = Auto-tag…
auto-tag-what = Hangtag holds back some of your labels and checks how often it would have been right. From that it finds how sure it must be to keep your promise, and tags only what it is that sure of.
auto-tag-all = all tags
auto-tag-precision = How often it must be right
auto-tag-right = must be right
auto-tag-checking = Checking on your labels how often it is right…
auto-tag-changed = Labels have changed since the check. Check again to see what would be tagged.
auto-tag-check = Check again
auto-tag-thin = { $count ->
    [one] { $count } label is too few to promise that. About { $more } more would do.
   *[other] { $count } labels are too few to promise that. About { $more } more would do.
}
auto-tag-seen = { $count ->
    [one] { $count } labelled photo does not count: the model was trained on it. Label photos that are new to it.
   *[other] { $count } labelled photos do not count: the model was trained on them. Label photos that are new to it.
}
auto-tag-would = { $count ->
    [one] Tags { $count } photo, leaves { $left } to you
   *[other] Tags { $count } photos, leaves { $left } to you
}
auto-tag-saves = { $count ->
    [one] Saves about { $count } minute.
   *[other] Saves about { $count } minutes.
}
auto-tag-rests = Right on { $right } of { $count } labels held back, so at least { $bound } % with 95 % confidence, where it is { $probability } % sure or more.
auto-tag-sample = A random sample of what would be tagged
auto-tag-resample = Another sample
auto-tag-do = { $count ->
    [one] Tag { $count } photo
   *[other] Tag { $count } photos
}
auto-tag-applied = { $count ->
    [one] { $count } photo tagged by rule. One undo takes it back.
   *[other] { $count } photos tagged by rule. One undo takes all of it back.
}

## Editing tags and groups

menu-edit = Edit tag…
menu-up = Move up
menu-down = Move down
tag-retired = { $name } (retired)
tag-similar = There is a tag “{ $name }” already: is it the same?
edit-tag = Edit { $name }
edit-taken = “{ $name }” exists already: merge the two instead.
edit-description = What it means, for whoever tags
edit-colour = Colour
edit-colour-n = Colour { $number }
edit-key = Key
edit-key-hint = one key that sets it
edit-group-of = Group
edit-move-what = { $count ->
    [one] { $name } moves to { $group } with { $count } label.
   *[other] { $name } moves to { $group } with { $count } labels.
}
edit-move-lost = { $count ->
    [one] { $count } more label is lost: its photo has another answer in { $group } already.
   *[other] { $count } more labels are lost: their photos have another answer in { $group } already.
}
edit-move-do = Move
edit-merge = Merge…
edit-merge-what = { $count ->
    [one] { $name } goes, and its { $count } label moves to the other tag.
   *[other] { $name } goes, and its { $count } labels move to the other tag.
}
edit-merge-into = Merge into
edit-merge-do = Merge
edit-split = { $count ->
    [0] Split…
    [one] Split off { $count } photo…
   *[other] Split off { $count } photos…
}
edit-split-none = Select the photos first that should get a tag of their own, then come back here.
edit-split-what = { $count ->
    [one] { $count } photo moves from { $name } to a new tag.
   *[other] { $count } photos move from { $name } to a new tag.
}
edit-split-name = Name of the new tag
edit-split-do = Split
edit-retire = Retire
edit-retire-what = A retired tag keeps its labels, but is no longer proposed or offered
edit-restore = Use again
edit-delete = Delete
edit-delete-what = { $count ->
    [0] Delete this tag? Nothing was said of it yet.
    [one] Delete this tag and its { $count } label? Undo brings them back.
   *[other] Delete this tag and its { $count } labels? Undo brings them back.
}
edit-rename = Rename
edit-group = Edit the group { $name }
edit-group-change = Make it { $kind }
edit-group-delete = Delete group…
edit-group-delete-what = Delete this group with { $tags } tags and { $labels } labels? Undo brings them back.
edit-group-lost = { $count ->
    [0] No photo has two tags of this group, so nothing is lost.
    [one] { $count } label is lost: where a photo has several tags, the newest stays.
   *[other] { $count } labels are lost: where a photo has several tags, the newest stays.
}
edit-group-unknown = Nothing is lost, but a tag that is set no longer says no to the others.

## Products

restore = Go back to a backup
restore-what = What is there now becomes a backup itself. Photos are not touched.
restore-backup = Backup { $number } of { $date }
restore-holds = { $labels ->
    [one] { $labels } label
   *[other] { $labels } labels
}, { $tags ->
    [one] { $tags } tag
   *[other] { $tags } tags
}
restore-ask = Go back to “{ $backup }”? What is there now becomes a backup itself, and what was said since is in that one only.
restore-do = Go back
restore-where = They lie beside the catalogue, in { $folder }. A copy of that folder on another disk helps where this disk fails.
restore-nothing = There is no backup yet: one is made every day on which something changed.
damaged = This catalogue is damaged
damaged-open = Part of its file can no longer be read. What is on screen stays there, but what you say from now on may not be saved. Photos are not touched.
damaged-closed = Part of its file can no longer be read, so that it cannot be opened. Photos are not touched.
damaged-gone = This catalogue is gone
damaged-gone-why = Its file is not there, or is empty, but its backups are. To begin a new one, move the folder { $folder } away first. Photos are not touched.
damaged-gone-back-what = Everything is as it was then.
damaged-back = Go back to the newest backup ({ $date })
damaged-back-what = Everything is as it was then. The damaged file is kept.
damaged-leave = Not now
repair = Repair
repair-what = Saves what can still be read and fills up from the newest backup. The damaged file is kept.
key-restore = Restore a backup…
products = Photos of one product
products-what = Shots of one product are shown as one and labelled together.
products-single = Each photo on its own
products-stem = By name: SKU_1, SKU-2, SKU (3)
products-folder = By folder
products-no-stacks = { $count ->
    [one] { $count } product, nothing to stack
   *[other] { $count } products, nothing to stack
}
products-stacks = { $count } products, { $stacks } with several shots, { $largest } in the largest

## Jobs

jobs = Jobs
jobs-none = Nothing is running, and nothing ran lately.
jobs-more = and { $count } more
job-was-cancelled = cancelled

## Settings

settings = Settings
settings-theme = Colours
theme-system = As the system
theme-light = Light
theme-dark = Dark
settings-language = Language
settings-language-system = As the system
settings-cell-size = Size of photos
settings-device = Runs on
settings-device-auto = the quickest there is
settings-threads = Threads
settings-threads-all = all { $count }
settings-next-opening = From the next catalogue that is opened
settings-next-start = From the next start
settings-thumbnails = Thumbnails
settings-features = Features
settings-activations = Prepared for training
settings-clear-thumbnails = Clear thumbnails
settings-clear-features = Clear features
settings-clear-activations = Clear what is prepared
settings-measuring = counting…
settings-precision = Precision
settings-no-card = The graphics card is not used: { $reason }.
settings-int8-measure = Check the quick way
settings-int8-leave = Back to the exact way
settings-caches = Caches
settings-caches-choose = Another folder…
settings-caches-usual = The usual folder
settings-caches-next = From the next start in { $folder }
settings-caches-what = All three can be made again at any time: thumbnails when you scroll, features by looking at the photos once more, what is prepared by the next training. Labels, runs and versions stay.

## Commands

palette-hint = Type a command or a tag
palette-nothing = No command is called that.
palette-show-tag = Show tag { $tag }
key-accept-rest = One tag at a time: reject what is selected, accept the rest
key-accept-all = Accept what is proposed for all photos shown…
key-auto-tag = Auto-tag…
key-edit-tag = Edit this tag
key-take-over = Take over the labels of the photo that was here before
key-focus = One photo at a time
key-leave-focus = Back to the grid
key-zoom = Zoom to whole pixels and back
key-zoom-short = zoom
key-save-filter = Save this filter
key-saved-filters = Rename or delete saved filters
key-group-by-tag = Group by tag
key-stack = Photos of one product…
key-larger = Larger photos
key-smaller = Smaller photos
key-show-all = Show all
key-show-to-review = Show what is to be reviewed
key-show-unsure = Show what is unsure
key-show-reviewed = Show what is reviewed
key-order-name = Order by name
key-order-date = Order by date, newest first
key-order-least = Order by certainty, least first
key-order-most = Order by certainty, most first
key-order-decision = Order by decision, newest first
key-jobs = Show the jobs
key-theme = Switch between light and dark
key-settings = Settings…
key-palette = All commands
key-space = Space
key-wheel-name = Ctrl+wheel
key-wheel = Larger or smaller photos
notice-pick-a-tag = Pick a tag on the left first
notice-nothing-to-take-over = No other photo was here before, or labels are set already
notice-many = Done: { $words }. Ctrl+Z takes it back.
key-mark = Select the photo at hand, or not; with one tag at a time: mark it as wrong
edit-key-taken = this key has another use

## About

about-version = Version { $version }, by the Hangtag authors, under the MIT licence or the Apache License 2.0.
about-licences = It is made of parts by many others, under these licences:

## On what the model runs

runs-as = { $precision } on { $device }
runs-on-cpu = the processor
runs-on-cpu-by = the processor ({ $by })
runs-on-cuda = the graphics card (CUDA)
runs-on-metal = the graphics card (Metal)
precision-unknown = There is a quick way of looking at photos, with eight bits a number. Whether it is good enough here is measured by itself once enough photos were looked at.
precision-good = The quick way, with eight bits a number, is as good here: it is used whenever that saves time with new photos. { $measured }
precision-slower = The exact way stays in use: the quick one, with eight bits a number, saves no time here. { $measured }
precision-worse = The exact way stays in use: the quick one, with eight bits a number, is not surely as good here. { $measured }
precision-by-labels = Right in { $int8 } % against { $f32 } % of { $photos } labelled photos, a difference surely above { $bound } points; { $fast } against { $exact } photos a second.
precision-by-features = It sees nearly the same in { $photos } photos ({ $cosine } of 1, where 0.99 is enough); { $fast } against { $exact } photos a second.

## What did not work: what, why, where

failure = { $doing } did not work: { $because }.
failure-at = {" "}({ $path })
sentence-separator = {" "}
doing-open-catalogue = Opening the catalogue
doing-write-catalogue = Writing the catalogue
doing-save = Saving this
doing-read-folder = Reading the folder
doing-open-model = Opening the model { $name }
doing-embed = Looking at photos
doing-demo = Laying out the demo photos
doing-keep-version = Keeping a version
doing-read-version = Reading version { $number }
doing-delete-version = Deleting the version
doing-export-model = Exporting the model
doing-export-tags = Exporting the tags
doing-settings = Keeping the settings
doing-clear = Clearing a cache
doing-job = This job
cause-not-found = it is not there
cause-not-allowed = you have no right to it
cause-disk-full = the disk is full. What was saved is kept; make room and try again
cause-read-only-disk = the disk cannot be written
cause-disk-fails = the disk fails: what was saved is kept; look at the disk and its cable, and try again
cause-not-a-catalogue = this is no Hangtag catalogue. Choose a file that Hangtag made
cause-newer-catalogue = a newer Hangtag has written it. Update Hangtag to open it, or go back to an older backup with `hangtag restore`
cause-read-only-catalogue = the catalogue is open for reading only
cause-damaged-catalogue = part of the catalogue’s file is damaged. Repair it, or go back to a backup
cause-empty-name = a name needs at least one character
cause-long-name = a name has at most { $count } characters. Shorten it
cause-taken-name = the name “{ $name }” is taken. Choose another one, or merge the two
cause-model-not-fetched = the model is not on this computer yet. `hangtag models get { $name }` fetches it once ({ $size } MB)
cause-unknown-model = no model is called “{ $name }”
cause-model-replaced = its weights are damaged or were replaced since they were fetched. `hangtag models get { $name }` fetches them again
cause-model-unusable = the model cannot be used: { $detail }. Put its files right, or choose another one
cause-not-computed = the network could not be computed: { $detail }
cause-nothing-learnt = nothing was learnt yet. Give two tags of a group two photos each
cause-no-version = there is no such version any more. Choose another one
cause-backbone-gone = its network “{ $name }” is not there any more. Put it back where it was, or choose another version
cause-other-backbone = its tags were learnt on another network than the one that is there now. Put the version’s own network back, or choose another version
cause-needed-by-run = run { $run } is not finished, and goes on from this version’s network. Go on with it under Train, to its end or until you stop it; `hangtag runs discard { $run }` gives it up
cause-no-photos = no photo of the catalogue can be read, so there is nothing to check the export with. Put the photos back where they were, and export again
cause-not-runnable = the file cannot be run: { $detail }. It was not kept
cause-differs = the file does not give Hangtag’s own answers: { $detail }. It was not kept
cause-no-labels = no photo has a label yet. Tag some photos first
cause-is-folder = a folder of this name is there. Move it away, or choose another folder to export into
cause-is-file = a file of this name is there. Move it away, or choose another folder to export into
cause-not-replaced = a photo or a catalogue of this name is there, which is not replaced. Choose another name
cause-not-empty = the folder holds other things than an earlier export of this kind. Empty it, or choose another folder
cause-foreign = the folder holds “{ $name }”, which is not part of the earlier export. Move it away, or choose another folder
cause-within-export = this folder is an export, which another one within it would keep from being replaced. Choose a folder beside it
cause-busy = another Hangtag is writing it right now. Wait until it is done, and export again
cause-cannot-write = it cannot be written: { $detail }. Nothing is half written; choose another folder
shop-file-written-over = the export would replace the shop’s own file. Choose another folder to export into
shop-file-unreadable = the shop’s file cannot be read ({ $detail }). Choose it once more
shop-file-empty = the shop’s file is empty. Export it from the shop again
shop-file-no-text = the shop’s file is no text. Export it from the shop as CSV
shop-file-no-csv = the shop’s file is no CSV ({ $detail }). Export it from the shop as CSV
shop-file-ragged = near line { $line } of the shop’s file a row has { $found } fields, and the header { $expected }. Export it from the shop again
shop-file-unknown-encoding = the encoding of the shop’s file cannot be told. Save it as UTF-8
shop-file-mixed-encoding = the shop’s file begins as UTF-8, but goes on as something else. Save it as UTF-8
shop-file-no-characters = the encoding of the shop’s file, { $encoding }, has no characters for “{ $text }”. Save it as UTF-8 first
shop-file-other-columns = the shop’s file is no product export of { $shop }: it lacks { $columns }. Export it with its columns in English
shop-file-no-products = no product in the shop’s file has the SKU, handle or image name of a tagged photo. Name photos or their folders by SKU or handle
cause-mistake = it ran into a mistake in Hangtag. Nothing that was saved is lost; start it again, and report it if it recurs
fault-empty = the file is empty
fault-format = its content is not a picture of a known format (JPEG, PNG, WebP, GIF, BMP or TIFF)
fault-large = it has { $width } × { $height } pixels, more than are opened
fault-cut-short = it is cut short: the file ends in the middle of the picture
fault-damaged = it is damaged or cut short: { $detail }
fault-unreadable = it cannot be read: { $detail }
read-only-writer = { $name } has it open for writing. Close it there to make changes here
read-only-someone = another Hangtag has it open for writing. Close it there to make changes here
read-only-folder = its folder cannot be written ({ $detail })
read-only-lock = it cannot be locked ({ $detail })
read-only-marked = the file is marked read-only
read-only-not-copied = an older Hangtag made it, and { $detail }. Make room on its disk

## The Train stage

stage-tag = Tag
stage-train = Train
stage-export = Export
key-stage-tag = Go to Tag
key-stage-train = Go to Train
key-stage-export = Go to Export
key-keep-version = Keep what is learnt as a version
key-go-back = Go back to what was in use before
show-all = Show all
train-lessons = What it learns from
train-lessons-photos = { $count ->
    [one] { $count } labelled photo
   *[other] { $count } labelled photos
}
train-lessons-all = All { $count } tags
train-lessons-fewest = Only those with the fewest labels
train-no-tags = There are no tags yet. Go to Tag and say of some photos what they are.
train-few = { $count ->
    [one] { $name } has { $count } label. { $enough } or more make its numbers trustworthy.
   *[other] { $name } has { $count } labels. { $enough } or more make its numbers trustworthy.
}
train-few-more = { $count ->
    [one] { $count } more tag has too few.
   *[other] { $count } more tags have too few.
}
train-keep = Keep a version
train-keep-what = Freezes what Hangtag has learnt so far, with honest numbers: something to compare with, and to go back to.
train-keep-nothing = Nothing is learnt yet. Give two tags two photos each.
train-keep-do = Keep as a version
train-keeping = measuring…
train-versions = Versions
train-no-versions = No version yet. A version is what Hangtag knew at one time: it can be used, compared and gone back to.
train-in-use = Version { $number } is in use, and what you say goes on teaching.
train-in-use-live = No version is in use: proposals come from what Hangtag knows now.
train-go-back = Go back to version { $number }
train-go-back-live = Go back to what Hangtag knows now
train-used = in use
train-use = Use version { $number }
train-activating = getting ready; what is in use goes on meanwhile
train-name = Name of the version
train-of-run = run { $run }
train-of-live-head = kept as it was learnt
train-figures = right { $accuracy } %, F1 { $f1 }
train-against = { $version } against { $other }
train-beside = beside
train-not-measured = This group was not measured: there was too little to hold back. Label more photos that the model was not trained on.
train-on-cross = { $count ->
    [one] Measured on { $count } labelled photo, as if it had not been learnt from.
   *[other] Measured on { $count } labelled photos, each as if it had not been learnt from.
}
train-on-held-out = { $count ->
    [one] Measured on { $count } photo that nothing was learnt from.
   *[other] Measured on { $count } photos that nothing was learnt from.
}
train-on-others = The other version was measured on other photos: small differences say nothing.
train-photos = Photos
train-precision = Precision
train-recall = Recall
train-change = F1, change
train-f1 = F1
# What F1 and macro F1 are, shown on hover.
f1-what = F1 is high where a tag is found on the photos that have it, and on no others. Macro F1 is the mean over the tags, in which a rare one counts as much as a frequent one.
train-all = All
train-accuracy = Right on { $accuracy } of the photos. What it says of its own certainty is off by { $error }.
train-uncalibrated = Before that was set right it was off by { $error }.
train-average-precision = Mean average precision over the tags: { $share }.
train-comparing = comparing…
train-compare = Find the photos whose tags change
train-same = { $count ->
    [one] No tag changes on { $count } photo.
   *[other] No tag changes on any of { $count } photos.
}
train-see-changes = { $count ->
    [one] See { $count } photo whose tags change
   *[other] See { $count } photos whose tags change
}
train-changes-name = Changed from version { $from } to { $to }
train-confusions = What is taken for what
train-confusions-what = Every labelled photo is judged as if it had not been learnt from. What is mistaken is shown, to be looked at again: a mistake of the model, or a slip in the labels.
train-confusions-find = Find the mistakes
train-confusions-on = { $count ->
    [one] { $count } labelled photo
   *[other] { $count } labelled photos
}
train-confusions-click = A row is what a photo is, a column what was said. Click a square to see its photos.
train-confusions-most = The { $shown } of { $count } tags with the most mistakes; the list below has every pair.
train-confusions-none = Nothing was mistaken.
train-pairs-more = { $count ->
    [one] { $count } more pair
   *[other] { $count } more pairs
}
train-mistaken = { $truth } taken for { $said }
train-right = { $name } that was recognised
train-confusions-held-out = On photos it learnt nothing from
train-confusions-all = On all labelled photos
train-tag-right = recognised
train-tag-missed = missed
train-tag-wrongly = seen wrongly
train-tag-rightly-not = rightly not seen
train-outside = { $count ->
    [one] { $count } of them lies outside of the catalogue and is counted only; the others are shown by a click.
   *[other] { $count } of them lie outside of the catalogue and are counted only; others are shown by a click.
}
train-worst = Mistaken with most certainty. Above what the photo is, below what was said.
train-said = { $name }, { $share } %
train-mistakes = Mistakes
train-version-said = Version { $number } said { $name }, { $share } %
train-unseen-said = Before it was learnt from, it was taken for { $name }, { $share } %
train-see-mistakes = { $count ->
    [one] See { $count } mistake
   *[other] See all { $count } mistakes
}
task-confusions = Looking for mistakes in { $group }
version-number = Version { $number }
version-named = { $version }, { $name }
confirm-delete-version = Delete version { $number }? This cannot be undone. Its number is not given again.

tune = Fine-tune
tune-what = { $count ->
    [one] Trains { $part } on { $count } labelled photo, in the background. Some are held back, to measure it honestly.
   *[other] Trains { $part } on { $count } labelled photos, in the background. Some are held back, to measure it honestly.
}
tune-start = Start
tune-resume = Go on with run { $run }
tune-expert = Expert settings
tune-preparing = Preparing views of the photos…
tune-epoch = Epoch { $epoch } of { $epochs }, { $rate } photos/s
tune-skipped = { $count ->
    [one] { $count } step was skipped, since its gradients left the range of f16.
   *[other] { $count } steps were skipped, since their gradients left the range of f16.
}
tune-left = { $left } left
tune-all-what = In every epoch each photo is decoded anew and goes through the whole network, forward and back: many times the work of training the last stage.
tune-memory = It takes about { $size } GB of memory; fewer photos a step take less.
tune-takes = About { $time } on this computer, by what the last run took.
tune-anew = Start a new run
tune-stopping = Stopping…
tune-pausing = Pausing after this step…
tune-measuring = Measuring the new version…
tune-pause = Pause
tune-pause-what = What it has learnt is kept, and it goes on from there, even when Hangtag was closed meanwhile.
tune-stop = Stop…
tune-meanwhile = Tagging goes on meanwhile with what is in use.
tune-outcome = Version { $version } is right on { $accuracy } % of photos that nothing was learnt from; without fine-tuning Hangtag is right on { $live } %.
tune-outcome-chose = The same photos chose its best epoch, since no others were held back: that flatters it a little.
tune-outcome-in-use = Version { $version }, which was in use, is right on { $accuracy } % of them.
tune-outcome-beside-in-use = Version { $version }, which was in use, has learnt from some of them. On the others it is right on { $accuracy } %, and the new version on { $own } %.
tune-outcome-not-compared = Version { $version }, which was in use, could not be compared: it has learnt from all photos that could judge it, or does not know all groups.
tune-outcome-refitted = Once in use it follows your labels as before; so fitted, it is right on { $accuracy } % of them.
tune-settled = It ended early, since it did not get better any more.
tune-cancelled = It was stopped, and the best epoch so far kept.
tune-diverged = In epoch { $epoch } the numbers ran away, as they do when rates are too high. The best epoch before is kept.
tune-better-used = It is better, and in use now.
tune-better = It is better. Use it, if you like.
tune-worse-used = It is no better; it is in use as you wished.
tune-worse = It is no better, so that what was in use stays.
tune-unfreeze = What is trained
unfreeze-head = the heads alone
unfreeze-layer4 = the last stage and the heads
unfreeze-layer3 = the last two stages and the heads
unfreeze-all = the whole network
tune-precision = Precision of products
tune-precision-auto = what the device is best at
tune-epochs = Epochs
tune-batch = Photos a step
tune-patience = Patience, in epochs
tune-head-rate = Rate of the heads
tune-body-rate = Rate of the stages
tune-test-rates = Find rates first
tune-test-rates-what = Some steps at ever higher rates show which suit. Those set here then say only how they stand to each other.
tune-warm-up = Warm-up, share of steps
tune-decay = Weight decay
tune-smoothing = Label smoothing
tune-mixup = Mixup
tune-averaging = Averaging of weights
tune-rare = Rare tags, below
tune-gradient = Longest gradient
tune-checkpoint = Checkpoint, minutes
tune-seed = Seed
tune-cache = Cache at most, in GB
tune-group = Tag group
tune-all-groups = all
tune-activate = Put to use
tune-activate-auto = if it is better
tune-activate-always = always
tune-activate-never = never
tune-reset = As at first
stop-title = Stop the training?
stop-closing = Close Hangtag? A training is under way
stop-leaving = A training is under way
stop-finish = Let it finish first
stop-finish-what = This is done once the training is over.
stop-pause = Pause, and go on later
stop-keep = Stop, and keep the best so far
stop-keep-what = The best epoch becomes a version, which is measured first. It is not put to use by itself.
stop-discard = Stop, and keep nothing
stop-discard-what = The curves stay in the list of runs; no version comes of it.
stop-go-on = Go on training
stop-waiting = It is done once the training is over.
notice-run-waits = Run { $run } was not finished. Train goes on with it.
curves = Run { $run }
curves-soon = The curves begin with the first epoch.
curves-loss = Loss
curves-f1 = Macro F1, held out
curves-training = training
curves-held-out = held out
curves-this-run = this run
curves-live = without fine-tuning
runs = Runs
runs-what = Tick runs to lay their curves over those of the last one, and to see their settings side by side.
runs-run = Run
runs-began = Began
runs-state = State
runs-right = Right
runs-version = Became
runs-best = Best epoch
runs-settings = Side by side
runs-loss = Loss, held out
runs-live-f1 = F1 without fine-tuning
runs-go-on = Go on
runs-rate = Photos a second
runs-time = Took
runs-device = Ran on
runs-precision = Precision used
runs-yes = yes
runs-no = no
run-running = running
run-paused = paused
run-interrupted = cut off
run-done = done
run-cancelled = stopped
run-failed = failed

## The Export stage

ask-out-folder = A folder to write into
ask-shop-file = The shop's own product table
export-title = Hand over
export-title-version = Hand over version { $number }
export-now = What is known now
# The same, with the version that holds it.
export-now-is = What is known now ({ $version })
export-version = Version
export-measured = { $count ->
    [one] { $accuracy } % on { $count } photo held back
   *[other] { $accuracy } % on { $count } photos held back
}
export-model = The model
export-tags = The tags
export-bundle = Hangtag bundle
export-bundle-what = PyTorch, another Hangtag
export-onnx = ONNX
export-onnx-what = ONNX Runtime, Triton, Windows ML
export-savedmodel = TensorFlow SavedModel
export-savedmodel-what = TF Serving, Vertex AI; three signatures
export-tflite = TensorFlow Lite
export-tflite-what = Android and iOS apps, LiteRT
export-coreml = Core ML
export-coreml-what = iPhone, Mac
export-kit = Serving kit
export-kit-what = With ONNX and SavedModel: metrics, TLS
export-shopify = Shopify
export-shopify-what = Product CSV with tags and type
export-woocommerce = WooCommerce
export-woocommerce-what = Product CSV with categories
export-xmp = Lightroom, digiKam
export-xmp-what = XMP sidecars
export-jsonl = JSON Lines
export-jsonl-what = A line a product
export-folders = Folders by tag
export-folders-what = Copies of the photos
export-imagefolder = Hugging Face
export-imagefolder-what = imagefolder with metadata
export-tfrecord = TFRecord
export-tfrecord-what = tf.train.Example, in shards
export-parquet = Parquet
export-parquet-what = A row a label
export-makes-products = This file makes new products. To tag products that the shop has, tick “Merge into your own file…” and choose the shop’s own export.
export-merge = Merge into your own file…
export-merged-into = Merged into { $name }
export-about = about { $size } MB
export-into = Everything goes into
export-choose = Another folder…
export-do = { $count ->
    [one] Export { $count }
   *[other] Export { $count }
}
export-writing = { $name }, { $number } of { $count }
export-keeping = What is known now is kept as a version first…
export-same = { $count ->
    [one] same answers on { $count } photo
   *[other] same answers on { $count } photos
}
export-agreement = { $count ->
    [one] { $share } % the same on { $count } photo
   *[other] { $share } % the same on { $count } photos
}
export-unverified = run verify.py to check
export-verified = verified with { $runtime }
export-insisted = kept although it is off
export-failed = not written
export-written = written
export-insist = Keep it all the same
export-interval = { $share } % ({ $low } to { $high })
export-agrees-on = { $count ->
    [one] It decides as Hangtag does in { $share } of the cases, on { $count } photo.
   *[other] It decides as Hangtag does in { $share } of the cases, on { $count } photos.
}
export-difference = { $count ->
    [one] No probability differs from Hangtag’s by more than { $most }, on { $count } photo.
   *[other] No probability differs from Hangtag’s by more than { $most }, on { $count } photos.
}
export-accuracy = { $count ->
    [one] Right of { $accuracy }, Hangtag of { $app }, on { $count } photo whose tag is known.
   *[other] Right of { $accuracy }, Hangtag of { $app }, on { $count } photos whose tag is known.
}
export-held-out = They taught it nothing.
export-not-held-out = Some or all of them taught it.
export-accuracy-unknown = How often it is right is not known.
export-passed-over = { $count ->
    [one] { $count } was passed over
   *[other] { $count } were passed over
}
wrote-lines = { $count ->
    [one] { $count } line, { $photos }
   *[other] { $count } lines, { $photos }
}
wrote-sidecars = { $count ->
    [one] { $count } sidecar, { $others } as they were
   *[other] { $count } sidecars, { $others } as they were
}
wrote-folders = { $count ->
    [one] { $count } file
   *[other] { $count } files
} of { $photos } in { $folders ->
    [one] { $folders } folder
   *[other] { $folders } folders
}
wrote-image-folder = { $photos } with metadata.jsonl
wrote-shards = { $count ->
    [one] { $photos } in { $count } shard
   *[other] { $photos } in { $count } shards
}
wrote-labels = { $count ->
    [one] { $count } label
   *[other] { $count } labels
}
wrote-merged = { $count ->
    [one] { $found } of { $count } product found, { $changed } changed
   *[other] { $found } of { $count } products found, { $changed } changed
}
wrote-products = { $count ->
    [one] { $count } product
   *[other] { $count } products
}
# Columns are called in a shop's file as they are here.
note-category = { $column } is filled from the group “{ $group }”, Tags from the others.
note-no-category-group = { $column } is left alone: no group of which one tag fits is called “category” or “type”.
note-no-category-column = The shop’s file has no column { $column }; only Tags is filled.
note-encoding = The shop’s file was taken as { $encoding }, and written like that again.
note-rewritten = { $shop } parts tags at commas: { $tags }.
note-rewritten-tag = “{ $tag }” is written as “{ $entry }”
note-levels = { $shop } parts categories into levels at “>”: { $tags }. Rename what is to be one category.
passed-over-gone = { $count ->
    [one] { $count } labelled photo: its file is missing or broken
   *[other] { $count } labelled photos: their files are missing or broken
}
passed-over-changed = it was changed since it was labelled; import its folder again
passed-over-outside = its path leads out of the folder of photos; read the folder again
passed-over-not-utf8 = it is not valid UTF-8
passed-over-not-xml = it is no well-formed XML: { $detail }
passed-over-cut-short = it is cut short
passed-over-not-xmp = it is no XMP: there is no rdf:RDF
passed-over-no-description = it holds no rdf:Description
passed-over-strange-keywords = its keywords are written in a way that is not understood
passed-over-no-product = the shop’s file has no product of this SKU, handle or image name
passed-over-several-products = several products of the shop’s file fit: { $names }
passed-over-conflict = its photos have different answers in “{ $group }”; that group is left as it was
export-open = Open folder
export-copy = Copy
export-promise = Nothing is called done before the written file gave Hangtag's own answers, or says that it was not checked yet.
