//! The application: what happens in a frame, and what each action does.

use std::path::{Path, PathBuf};
use std::task::Poll;

use eframe::egui;
use egui::{Context, ThemePreference, Ui};

use super::action::{Action, GroupChoice};
use super::names::deed_words;
use super::opening::{Pending, Question, unpack_demo};
use super::recent::{self, Recent};
use super::screen::{Dialog, Notice, Screen, TagDialog};
use super::scripts::ScriptCheck;
use super::textures::Textures;
use super::theme::{self, Palette};
use super::view::{Shown, View};
use super::words::{self, Language, say};
use super::{dialogs, keys, panels};
use crate::catalogue::ImageId;
use crate::failure::Failure;
use crate::workspace::{Answer, Places, Workspace};

/// Everyday words worked out in one frame; each takes a fraction of a millisecond.
const MAX_WORDS: usize = 8;

/// The window.
pub struct App {
    places: Places,
    workspace: Option<Workspace>,
    pending: Option<Pending>,
    question: Option<Question>,
    recent: Vec<Recent>,
    screen: Screen,
    shown: Shown,
    textures: Textures,
    scripts: ScriptCheck,
    actions: Vec<Action>,
}

impl App {
    /// A window in `language` that opens `path` first, if there is one.
    #[must_use]
    pub fn new(context: &Context, places: Places, language: Language, path: Option<PathBuf>) -> Self {
        words::speak(language);
        theme::install(context);
        let recent = recent::load(&places);
        Self {
            places,
            workspace: None,
            pending: None,
            question: None,
            recent,
            screen: Screen::default(),
            shown: Shown::default(),
            textures: Textures::default(),
            scripts: ScriptCheck::default(),
            actions: path.map(Action::Open).into_iter().collect(),
        }
    }

    /// The catalogue that is open.
    #[must_use]
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    fn carry_out(&mut self, context: &Context, action: Action) {
        // What was done last is old news as soon as something else is done; a problem stays until it was read.
        self.screen.notice.take_if(|notice| !notice.is_problem);
        match action {
            Action::ChooseFolder => self.question = Some(Question::folder(Action::Open)),
            Action::ChooseCatalogue => self.question = Some(Question::catalogue()),
            Action::Open(path) => self.open(context, &path),
            Action::OpenDemo => match unpack_demo(&self.places) {
                Ok(folder) => self.open(context, &folder),
                Err(failure) => self.screen.notice = Some(Notice::problem(failure)),
            },
            Action::Close => self.close(),
            Action::DismissNotice => self.screen.notice = None,
            Action::ShowKeys => self.screen.dialog = Some(Dialog::Keys),
            Action::CloseDialog => self.screen.dialog = None,
            Action::SwitchTheme => {
                let is_dark = context.theme() == egui::Theme::Dark;
                context.set_theme(if is_dark { ThemePreference::Light } else { ThemePreference::Dark });
            }
            other => {
                if let Some(workspace) = &mut self.workspace
                    && let Err(failure) = on_catalogue(workspace, &mut self.screen, &self.shown, other)
                {
                    self.screen.notice = Some(Notice::problem(failure));
                }
            }
        }
    }

    fn open(&mut self, context: &Context, path: &Path) {
        self.close();
        self.pending = Some(Pending::open(path, &self.places, context));
    }

    fn close(&mut self) {
        self.workspace = None;
        self.screen = Screen::default();
        self.shown = Shown::default();
        self.textures.clear();
        self.recent = recent::load(&self.places);
    }

    fn take_in(&mut self, context: &Context) {
        if let Some(question) = &mut self.question
            && let Poll::Ready(answer) = question.answer(context)
        {
            self.question = None;
            self.actions.extend(answer);
        }
        if let Some(pending) = &mut self.pending
            && let Poll::Ready(opened) = pending.take()
        {
            self.pending = None;
            match opened {
                Ok(workspace) => {
                    if let Some(path) = workspace.path() {
                        recent::remember(&self.places, path, &workspace.name());
                    }
                    if let Some(reason) = workspace.read_only_reason() {
                        let text = say!("notice-read-only", reason = reason);
                        self.screen.notice = Some(Notice { text, is_problem: true });
                    }
                    self.workspace = Some(workspace);
                }
                Err(failure) => self.screen.notice = Some(Notice::problem(failure)),
            }
        }
        let dropped: Vec<PathBuf> =
            context.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        for path in dropped {
            let adds = self.workspace.is_some() && path.is_dir();
            self.actions.push(if adds { Action::AddFolder(path) } else { Action::Open(path) });
        }
    }

    fn welcome_or_tag_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let palette = Palette::of(ui.ctx());
        let Some(workspace) = &self.workspace else {
            return panels::welcome_ui(ui, palette, &self.recent, self.pending.is_some(), self.screen.notice.as_ref());
        };
        let view = View { workspace, shown: &self.shown, palette };
        let mut action = panels::top_bar_ui(ui, &view, &mut self.screen);
        action = action.or(panels::status_bar_ui(ui, &view, &self.screen));
        action = action.or(panels::filters_ui(ui, &view, &self.screen));
        action = action.or(panels::inspector_ui(ui, &view, &self.screen, &mut self.textures));
        action = action.or(panels::grid_ui(ui, &view, &mut self.screen, &mut self.textures));
        action = action.or(panels::selection_bar_ui(ui.ctx(), &view, &self.screen));
        action.or(dialogs::dialog_ui(ui.ctx(), &view, &mut self.screen))
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        self.take_in(context);
        let is_typing = context.text_edit_focused() || self.screen.dialog.is_some();
        let keys = keys::pressed(context, is_typing, self.screen.num_columns);
        self.actions.extend(keys);
        if let Some(workspace) = &mut self.workspace {
            workspace.poll();
            for image in self.screen.wants_words.drain(..).take(MAX_WORDS) {
                workspace.word_guesses(image);
                context.request_repaint();
            }
            // What the keys act on is what was shown when they were pressed.
            self.shown.refresh(workspace, &self.screen);
        }
        for action in std::mem::take(&mut self.actions) {
            self.carry_out(context, action);
        }
        if let Some(workspace) = &mut self.workspace {
            self.shown.refresh(workspace, &self.screen);
            self.textures.end_frame(workspace.pictures_mut());
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if self.screen.notice.is_none()
            && let Some(hint) = self.scripts.missing_script_hint(ui.ctx(), self.workspace.as_ref())
        {
            self.screen.notice = Some(Notice::problem(hint));
        }
        let action = self.welcome_or_tag_ui(ui);
        if action.is_some() {
            self.actions.extend(action);
            ui.ctx().request_repaint();
        }
    }
}

/// What an action does to the open catalogue and its screen.
fn on_catalogue(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown, action: Action) -> Result<(), Failure> {
    match action {
        Action::AddFolder(folder) => workspace.start_import(&folder),
        Action::Rescan => workspace.start_rescan(),
        Action::Show(filter) => {
            (screen.filter, screen.cursor, screen.anchor) = (filter, None, None);
            screen.selection.clear();
        }
        Action::OrderBy(order) => screen.order = order,
        Action::Search(search) => screen.search = search,
        Action::FocusSearch => screen.focuses_search = true,
        Action::Select(image) => select(screen, image),
        Action::ToggleSelected(image) => {
            if !screen.selection.remove(&image) {
                screen.selection.insert(image);
            }
            (screen.cursor, screen.anchor) = (Some(image), Some(image));
        }
        Action::SelectTo(image) => extend(workspace, screen, shown, image),
        Action::SelectAll => screen.selection = shown_images(workspace, shown).collect(),
        Action::ClearSelection => screen.selection.clear(),
        Action::Move { by, extends } => go(workspace, screen, shown, by, extends),
        Action::Answer { images, tag, answer } => workspace.answer(&images, tag, answer)?,
        Action::AnswerByName { images, group, name } => {
            let group = match group {
                GroupChoice::First => None,
                GroupChoice::Known(group) => Some(group),
                GroupChoice::New(name, kind) => Some(workspace.add_group(&name, kind)?),
            };
            workspace.answer_by_name(&images, group, &name)?;
            screen.dialog = None;
        }
        Action::Accept => {
            let next = next_after(workspace, screen, shown);
            accept(workspace, screen)?;
            advance(screen, next);
        }
        Action::Reject => reject(workspace, screen)?,
        Action::Skip => go(workspace, screen, shown, 1, false),
        Action::AnswerNth(index) => {
            let next = next_after(workspace, screen, shown);
            answer_nth(workspace, screen, index)?;
            advance(screen, next);
        }
        Action::MarkReviewed => {
            let next = next_after(workspace, screen, shown);
            workspace.mark_reviewed(&chosen(screen))?;
            advance(screen, next);
        }
        Action::AskForTag if !chosen(screen).is_empty() => {
            screen.dialog = Some(Dialog::Tag(TagDialog::new(chosen(screen))));
        }
        Action::AskForTag | Action::NewTag => screen.dialog = Some(Dialog::Tag(TagDialog::new(Vec::new()))),
        Action::Undo => {
            let words = workspace.undo()?;
            let text =
                words.map_or_else(|| say!("undo-nothing").to_owned(), |deed| say!("undone", words = deed_words(&deed)));
            screen.notice = Some(Notice::done(text));
        }
        Action::Redo => {
            let words = workspace.redo()?;
            let text =
                words.map_or_else(|| say!("redo-nothing").to_owned(), |deed| say!("redone", words = deed_words(&deed)));
            screen.notice = Some(Notice::done(text));
        }
        Action::Cancel(job) => workspace.cancel(job),
        // Carried out without a catalogue.
        Action::ChooseFolder
        | Action::ChooseCatalogue
        | Action::Open(_)
        | Action::OpenDemo
        | Action::Close
        | Action::DismissNotice
        | Action::ShowKeys
        | Action::CloseDialog
        | Action::SwitchTheme => {}
    }
    Ok(())
}

/// The photos that an action is about: the selection, else where the cursor stands.
fn chosen(screen: &Screen) -> Vec<ImageId> {
    if screen.selection.is_empty() {
        screen.cursor.into_iter().collect()
    } else {
        screen.selection.iter().copied().collect()
    }
}

fn accept(workspace: &mut Workspace, screen: &mut Screen) -> Result<(), Failure> {
    let images = chosen(screen);
    if !workspace.proposals().is_empty() {
        return workspace.accept_proposals(&images);
    }
    // Before there are tags an everyday word is accepted, which makes it the first tag; one photo at a time, since
    // each may have another.
    let [image] = images.as_slice() else {
        screen.notice = Some(Notice::done(say!("notice-words-one-by-one")));
        return Ok(());
    };
    match workspace.word_guesses(*image).first().map(|guess| guess.name.clone()) {
        Some(word) => workspace.answer_by_name(&images, None, &word),
        None => Ok(()),
    }
}

fn reject(workspace: &mut Workspace, screen: &mut Screen) -> Result<(), Failure> {
    let num_rejected = workspace.reject_proposals(&chosen(screen))?;
    if num_rejected == 0 && workspace.proposals().is_empty() {
        screen.notice = Some(Notice::done(say!("notice-words-no-reject")));
    }
    Ok(())
}

fn answer_nth(workspace: &mut Workspace, screen: &Screen, index: usize) -> Result<(), Failure> {
    let images = chosen(screen);
    let vocabulary = workspace.vocabulary();
    let is_open = |group: &&crate::catalogue::Group| {
        images.iter().any(|&image| !workspace.labels().is_decided(image, group.id, vocabulary))
    };
    let group = vocabulary.groups.iter().find(is_open).or_else(|| vocabulary.groups.first());
    let tag = group.and_then(|group| vocabulary.tags_of(group.id).nth(index)).map(|tag| tag.id);
    match tag {
        Some(tag) => workspace.answer(&images, tag, Answer::Yes),
        None => Ok(()),
    }
}

fn select(screen: &mut Screen, image: ImageId) {
    screen.selection = [image].into();
    (screen.cursor, screen.anchor) = (Some(image), Some(image));
}

fn extend(workspace: &Workspace, screen: &mut Screen, shown: &Shown, image: ImageId) {
    let anchor = screen.anchor.unwrap_or(image);
    if let (Some(from), Some(to)) = (shown.position_of(workspace, anchor), shown.position_of(workspace, image)) {
        screen.selection = shown_images(workspace, shown).skip(from.min(to)).take(from.abs_diff(to) + 1).collect();
    }
    (screen.cursor, screen.anchor) = (Some(image), Some(anchor));
}

fn go(workspace: &Workspace, screen: &mut Screen, shown: &Shown, by: isize, extends: bool) {
    let last = shown.visible.len().saturating_sub(1);
    let position = match screen.cursor.and_then(|cursor| shown.position_of(workspace, cursor)) {
        Some(position) => position.saturating_add_signed(by).min(last),
        None => 0,
    };
    let Some(image) = shown_images(workspace, shown).nth(position) else { return };
    if extends {
        extend(workspace, screen, shown, image);
    } else {
        select(screen, image);
    }
    screen.scrolls_to_cursor = true;
}

/// The photo after the cursor, while one photo alone is being decided.
fn next_after(workspace: &Workspace, screen: &Screen, shown: &Shown) -> Option<ImageId> {
    if screen.selection.len() > 1 {
        return None;
    }
    let position = shown.position_of(workspace, screen.cursor?)?;
    shown_images(workspace, shown).nth(position + 1)
}

fn advance(screen: &mut Screen, next: Option<ImageId>) {
    if let Some(next) = next {
        select(screen, next);
        screen.scrolls_to_cursor = true;
    }
}

fn shown_images<'a>(workspace: &'a Workspace, shown: &'a Shown) -> impl Iterator<Item = ImageId> {
    shown.visible.iter().filter_map(|&index| workspace.listing().images.get(index)).map(|image| image.id)
}
