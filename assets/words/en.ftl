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
top-keys = Keys
top-light = Light colours
top-dark = Dark colours
top-search = Search names   /
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
tag-counts = { $labelled } labelled, { $proposed } proposed
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
answer-set = Set { $name }

## One photo

photo-none =
    Select a photo to see it large,
    with everything known of it.
photo-name = Photo { $name }
photo-broken = This photo cannot be used: { $reason }.
photo-missing = The file is gone. Its labels are kept; they return when the file does.
photo-words = Everyday words, a way in
label-person = by you
label-proposal = accepted by you
label-proposal-at = proposed at { $percent } %, accepted by you
label-import = imported
label-rule = proposed at { $percent } %, accepted by rule
accept-tag = Accept { $name }
other-tag = Other tag…
mark-reviewed-long = Mark reviewed: what is unset becomes no   R
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
seconds = { $count } s
minutes = { $count } min
hours = { $count } h
saved = All changes saved
reading-only = Reading only
model = { $name }, { $runs }
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
key-digits = Answer with a tag of the first open group
key-arrows-name = Arrows, Home, End
key-arrows = Move; with Shift the selection grows
key-click-name = Ctrl+click
key-click = Add a photo to the selection

## Notices

notice-read-only = This catalogue is open for reading only: { $reason }.
notice-words-one-by-one = Everyday words are accepted photo by photo; press T to set one tag on all
notice-words-no-reject = Everyday words need no rejecting: press T and say what it is
notice-no-font = This computer has no font for Chinese, Japanese and Korean text. Install the package fonts-noto-cjk (Debian, Ubuntu) or google-noto-sans-cjk-fonts (Fedora), then start Hangtag again.

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
task-open-model = Opening the model
task-check-auto-tag = Checking how sure { $group } is
check-done = { $group }: checked on { $count ->
    [one] { $count } label
   *[other] { $count } labels
}
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
