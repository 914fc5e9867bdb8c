//! The application: what happens in a frame.

use std::path::PathBuf;
use std::task::Poll;
use std::time::{Duration, Instant};

use eframe::egui;
use egui::{Context, Ui, ViewportCommand};

use super::acting::act;
use super::action::{Action, ExportAction};
use super::command::{self, Situation};
use super::crash;
use super::dialogs::{self, Dialog};
use super::failures::{read_only_words, repair_words};
use super::look;
use super::opening::{Pending, Question, catalogue_at, given, unpack_demo};
use super::panels;
use super::recent::{self, Recent};
use super::screen::{Screen, Stage};
use super::scripts::ScriptCheck;
use super::settings::{Settings, ThemeChoice};
use super::start::StartTrace;
use super::textures::Textures;
use super::theme::{self, Palette};
use super::view::{Shown, View};
use super::words::say;
use crate::catalogue::{RunRow, RunState};
use crate::workspace::{CacheSizes, Doorbell, Mending, NotOpened, Places, Rings, Workspace, can_be_opened};

/// Everyday words worked out in one frame; each takes a fraction of a millisecond.
const MAX_WORDS: usize = 8;

/// Sizes are kept when they have changed for so long: not in every frame of a drag.
const RESIZING: Duration = Duration::from_secs(1);

/// The window.
pub struct App {
    /// Later starts of the program. The first to go when the window closes, so that nothing is handed to it any more.
    rings: Option<Rings>,
    places: Places,
    settings: Settings,
    workspace: Option<Workspace>,
    pending: Option<Pending>,
    question: Option<Question>,
    cache_sizes: Option<CacheSizes>,
    recent: Vec<Recent>,
    screen: Screen,
    shown: Shown,
    textures: Textures,
    scripts: ScriptCheck,
    start: StartTrace,
    /// Size of the window, in points.
    window: Option<[f32; 2]>,
    /// Since when sizes differ from those that are kept.
    resized_at: Option<Instant>,
    actions: Vec<Action>,
    /// What is done once the training under way is over.
    after_training: Option<Action>,
    /// What a person is told once nothing is being opened.
    news: Option<String>,
}

impl App {
    /// A window that opens these first, if there are any.
    #[must_use]
    pub fn new(context: &Context, places: Places, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        theme::install(context);
        // Ctrl with plus and minus changes the size of photos, not of everything.
        context.options_mut(|options| options.zoom_with_keyboard = false);
        let settings = Settings::load(&places);
        settings.apply(context);
        let recent = recent::load(&places);
        let report = crash::untold(&places.logs());
        let mut app = Self {
            rings: None,
            places,
            settings,
            workspace: None,
            pending: None,
            question: None,
            cache_sizes: None,
            recent,
            screen: Screen::default(),
            shown: Shown::default(),
            textures: Textures::default(),
            scripts: ScriptCheck::default(),
            start: StartTrace::default(),
            window: None,
            resized_at: None,
            actions: given(paths, false),
            after_training: None,
            news: report.map(|report| say!("notice-crash", path = report.display().to_string())),
        };
        (app.screen.cell_size, app.screen.panels) = (app.settings.cell_size, app.settings.panels);
        app
    }

    /// Lets this window open what later starts of the program are asked for.
    pub(super) fn listen(&mut self, context: &Context, doorbell: Doorbell) {
        match doorbell.listen(super::opening::waker(context)) {
            Ok(rings) => self.rings = Some(rings),
            Err(error) => tracing::warn!("this window cannot hear of later starts: {error}"),
        }
    }

    /// The catalogue that is open.
    #[must_use]
    pub fn workspace(&self) -> Option<&Workspace> {
        self.workspace.as_ref()
    }

    /// Whether the photos shown are about to be others.
    pub(super) fn is_changing(&self) -> bool {
        self.shown.is_changing()
    }

    /// Has something done before the next frame.
    pub(super) fn ask(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Puts a catalogue into the window that was opened elsewhere.
    pub(super) fn show(&mut self, workspace: Workspace) {
        self.workspace = Some(workspace);
    }

    /// Makes proposals up, to measure a window that is full of them.
    pub(super) fn pretend(&mut self) {
        if let Some(workspace) = &mut self.workspace {
            workspace.pretend_proposals();
        }
    }

    fn carry_out(&mut self, context: &Context, action: Action) {
        // What was done last is old news as soon as something else is done; a problem stays until it was read.
        self.screen.notice.take_if(|notice| !notice.is_problem);
        match action {
            action if action.leaves_catalogue() && self.is_training() => {
                self.screen.dialog = Some(Dialog::StopTraining { then: Some(Box::new(action)) });
            }
            Action::Quit => context.send_viewport_cmd(ViewportCommand::Close),
            Action::AfterTraining { stop, then } => {
                self.screen.dialog = None;
                match (stop, &self.workspace) {
                    (Some(stop), Some(workspace)) => workspace.stop_training(stop),
                    _ => self.screen.tell(say!("stop-waiting")),
                }
                self.after_training = Some(*then);
            }
            Action::ChooseFolder => self.question = Some(Question::folder(Action::open)),
            Action::ChooseCatalogue => self.question = Some(Question::catalogue()),
            Action::Open(paths) => self.open(context, &paths, None),
            Action::Mend { catalogue, mending } => self.open(context, &[catalogue], Some(mending)),
            Action::OpenDemo => match unpack_demo(&self.places) {
                Ok(folder) => self.open(context, &[folder], None),
                Err(failure) => self.screen.complain(&failure),
            },
            Action::Close => self.close(),
            Action::DismissNotice => self.screen.notice = None,
            Action::Ask(kind) => self.screen.dialog = Dialog::open(kind, self.workspace.as_mut(), &self.screen),
            Action::CloseDialog => self.screen.dialog = None,
            Action::AfterClosing(action) => {
                self.screen.dialog = None;
                self.carry_out(context, *action);
            }
            Action::SwitchTheme => {
                let is_dark = context.theme() == egui::Theme::Dark;
                let theme = if is_dark { ThemeChoice::Light } else { ThemeChoice::Dark };
                self.set(context, Settings { theme, ..self.settings.clone() });
            }
            Action::DismissHint(hint) => {
                let mut settings = self.settings.clone();
                settings.hints_read.insert(hint.to_owned());
                self.set(context, settings);
            }
            Action::Set(settings) => self.set(context, *settings),
            Action::Export(ExportAction::ChooseFolder) => {
                self.question = Some(Question::out_folder(|folder| Action::Export(ExportAction::Into(folder))));
            }
            Action::Export(ExportAction::ChooseShopFile(place)) => {
                let merge = move |file| Action::Export(ExportAction::MergeInto(place, file));
                self.question = Some(Question::shop_file(merge));
            }
            Action::ChooseCaches => self.question = Some(Question::folder(Action::SetCaches)),
            Action::SetCaches(folder) => {
                self.set(context, Settings { caches: Some(folder), ..self.settings.clone() });
            }
            Action::ClearCache(kind) => {
                if let Err(failure) = self.places.clear(kind) {
                    self.screen.complain(&failure);
                }
                self.cache_sizes = None;
            }
            other => {
                let Some(workspace) = &mut self.workspace else { return };
                if other.is_about_photos_shown() {
                    self.screen.search.understand(workspace);
                    if self.shown.complete(workspace, &self.screen) {
                        self.screen.keep_to_what_is_shown(workspace, &self.shown);
                    }
                }
                if let Err(failure) = act(workspace, &mut self.screen, &self.shown, other) {
                    self.screen.complain(&failure);
                }
            }
        }
    }

    fn set(&mut self, context: &Context, mut settings: Settings) {
        if settings.cell_size.to_bits() == self.settings.cell_size.to_bits() {
            // It is changed by the wheel as well.
            settings.cell_size = self.screen.cell_size;
        }
        settings.panels = self.screen.panels;
        settings.apply(context);
        self.screen.cell_size = settings.cell_size;
        if let Err(failure) = settings.save(&self.places) {
            self.screen.complain(&failure);
        }
        self.settings = settings;
    }

    fn open(&mut self, context: &Context, paths: &[PathBuf], mending: Option<Mending>) {
        let [path, ..] = paths else { return };
        let catalogue = catalogue_at(path, &self.places);
        // A second click, or a second start, of somebody who does not want to wait.
        if mending.is_none() && self.pending.as_ref().is_some_and(|pending| pending.catalogue() == catalogue) {
            return;
        }
        let is_gone = !path.exists() && recent::is_lost(&self.recent, &catalogue);
        if mending.is_none() && (is_gone || !can_be_opened(path)) {
            self.recent = recent::load(&self.places);
            self.screen.warn(say!("notice-nothing-there", path = path.display().to_string()));
            return;
        }
        self.close();
        let device = self.settings.device.as_deref();
        let folders = paths.iter().filter(|path| path.is_dir()).cloned().collect();
        self.pending = Some(Pending::open(catalogue, folders, mending, &self.places, device, context));
    }

    fn is_training(&self) -> bool {
        self.workspace.as_ref().is_some_and(Workspace::is_training)
    }

    /// A training is not lost by a click on the window's cross.
    fn ask_before_closing(&mut self, context: &Context) {
        if context.input(|input| input.viewport().close_requested()) && self.is_training() {
            context.send_viewport_cmd(ViewportCommand::CancelClose);
            self.actions.push(Action::Quit);
        }
    }

    /// Does what had to wait for a training, or would have: a question about one that is over answers itself.
    fn go_on_after_training(&mut self, context: &Context) {
        if self.is_training() {
            return;
        }
        if let Some(Dialog::StopTraining { then }) =
            self.screen.dialog.take_if(|dialog| matches!(dialog, Dialog::StopTraining { .. }))
        {
            self.after_training = self.after_training.take().or(then.map(|action| *action));
            context.request_repaint();
        }
        if let Some(action) = self.after_training.take() {
            self.actions.push(action);
            context.request_repaint();
        }
    }

    fn close(&mut self) {
        if let Some(workspace) = self.workspace.take() {
            look::keep(&workspace, &self.screen);
        }
        self.after_training = None;
        let Screen { cell_size, panels, .. } = self.screen;
        self.screen = Screen { cell_size, panels, ..Screen::default() };
        self.shown = Shown::default();
        self.textures.clear();
        self.recent = recent::load(&self.places);
    }

    /// Comes to the front for a later start of the program, and opens what that was asked for, unless it is open.
    fn answer_rings(&mut self, context: &Context) {
        let rung = self.rings.iter().flat_map(|rings| rings.inbox.try_iter()).map(|path| path.into_iter().collect());
        // A Mac starts nothing for documents: it asks the program that runs.
        #[cfg(target_os = "macos")]
        let rung = rung.chain(super::mac::take_documents(context, self.is_training()));
        for mut paths in rung.collect::<Vec<Vec<PathBuf>>>() {
            context.send_viewport_cmd(ViewportCommand::Minimized(false));
            context.send_viewport_cmd(ViewportCommand::Focus);
            // On Wayland no window can bring itself to the front.
            context.send_viewport_cmd(ViewportCommand::RequestUserAttention(egui::UserAttentionType::Informational));
            let open = self.workspace.as_ref().and_then(Workspace::path);
            paths.retain(|path| open != Some(catalogue_at(path, &self.places).as_path()));
            self.actions.extend(given(paths, false));
        }
    }

    fn take_in(&mut self, context: &Context) {
        self.answer_rings(context);
        if let Some(question) = &mut self.question
            && let Poll::Ready(answer) = question.answer(context)
        {
            self.question = None;
            match answer {
                Ok(action) => self.actions.extend(action),
                Err(advice) => self.screen.warn(advice),
            }
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
                        self.screen.warn(say!("notice-read-only", reason = read_only_words(reason)));
                    }
                    let unfinished = |run: &RunRow| matches!(run.state, RunState::Paused | RunState::Interrupted);
                    if let Some(run) = workspace.runs().ok().and_then(|runs| runs.into_iter().rfind(unfinished)) {
                        self.screen.tell(say!("notice-run-waits", run = run.number));
                    }
                    if let Some(repair) = workspace.repaired() {
                        self.screen.warn(repair_words(repair));
                    }
                    look::take_up(&workspace, &mut self.screen);
                    self.workspace = Some(workspace);
                }
                Err(NotOpened { failure, damaged }) => {
                    self.screen.complain(&failure);
                    if let Some(damaged) = damaged {
                        self.screen.dialog = Some(Dialog::Damaged { damaged, is_open: false });
                    }
                }
            }
        }
        if self.pending.is_none()
            && self.actions.is_empty()
            && let Some(news) = self.news.take()
        {
            self.screen.warn(news);
        }
        let dropped: Vec<PathBuf> =
            context.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        self.actions.extend(given(dropped, self.workspace.is_some()));
    }

    /// Takes in what happened and carries out what was asked for in the frame before. Draws nothing.
    pub(super) fn advance(&mut self, context: &Context) {
        self.take_in(context);
        self.ask_before_closing(context);
        let situation = Situation {
            has_catalogue: self.workspace.is_some(),
            is_tagging: self.screen.stage == Stage::Tag,
            is_focused: self.screen.focus.is_some(),
            is_typing: context.text_edit_focused(),
            has_dialog: self.screen.dialog.is_some(),
            is_on_control: context.memory(egui::Memory::focused).is_some(),
            num_columns: self.screen.num_columns,
        };
        let tag_keys = self.workspace.as_ref().map(command::tag_keys).unwrap_or_default();
        self.actions.extend(command::pressed(context, &situation, &tag_keys));
        // What the keys act on is what was shown when they were pressed: news come after.
        for action in std::mem::take(&mut self.actions) {
            self.carry_out(context, action);
        }
        if let Some(workspace) = &mut self.workspace {
            workspace.poll();
            if let Some(rest) = workspace.compares_precisions_in() {
                context.request_repaint_after(rest);
            }
            for image in self.screen.wants_words.drain(..).take(MAX_WORDS) {
                workspace.word_guesses(image);
                context.request_repaint();
            }
            self.screen.forget_what_is_gone(workspace);
            self.screen.search.understand(workspace);
            if self.shown.refresh(workspace, &self.screen) {
                self.screen.keep_to_what_is_shown(workspace, &self.shown);
            }
            if self.shown.is_changing() {
                context.request_repaint();
            }
            if self.screen.stage == Stage::Train {
                self.screen.train.refresh(workspace);
            }
            if let Err(failure) = self.screen.export.advance(workspace) {
                self.screen.complain(&failure);
            }
            self.screen.ask_about_damage(workspace);
            self.textures.end_frame(workspace.pictures_mut());
        }
        self.go_on_after_training(context);
        self.keep_sizes(context);
        if matches!(self.screen.dialog, Some(Dialog::Settings)) {
            self.cache_sizes.get_or_insert_with(|| CacheSizes::measure(&self.places, super::opening::waker(context)));
        } else {
            self.cache_sizes = None;
        }
    }

    /// The settings with the sizes as they are now, where these are others than are kept.
    fn settings_of_now(&self) -> Option<Settings> {
        let (window, cell_size) = (self.window.or(self.settings.window), self.screen.cell_size);
        let settings = Settings { window, cell_size, panels: self.screen.panels, ..self.settings.clone() };
        (settings != self.settings).then_some(settings)
    }

    /// Keeps sizes that have changed a moment ago, so that even a crash does not lose them.
    fn keep_sizes(&mut self, context: &Context) {
        let Some(settings) = self.settings_of_now() else {
            self.resized_at = None;
            return;
        };
        let since = *self.resized_at.get_or_insert_with(Instant::now);
        match RESIZING.checked_sub(since.elapsed()) {
            Some(rest) => context.request_repaint_after(rest),
            None => self.keep(settings),
        }
    }

    fn keep(&mut self, settings: Settings) {
        self.resized_at = None;
        if let Err(failure) = settings.save(&self.places) {
            tracing::warn!("{failure}");
        }
        self.settings = settings;
    }

    /// Draws the window, and notes what is asked for. Starts nothing.
    pub(super) fn draw(&mut self, ui: &mut Ui) {
        if let Some(hint) = self.scripts.missing_script_hint(ui.ctx(), self.workspace.as_ref()) {
            self.screen.warn(hint);
        }
        let action = self.screen_ui(ui);
        if action.is_some() {
            self.actions.extend(action);
            ui.ctx().request_repaint();
        }
    }

    fn keep_settings(&mut self) {
        if let Some(settings) = self.settings_of_now() {
            self.keep(settings);
        }
    }

    fn screen_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let palette = Palette::of(ui.ctx());
        let Self { workspace, shown, screen, settings, textures, recent, pending, cache_sizes, .. } = self;
        let has_dialog = screen.dialog.is_some();
        let Some(workspace) = workspace else {
            let action = dialogs::behind(ui, has_dialog, |ui| {
                panels::welcome_ui(ui, palette, recent, pending.is_some(), screen.notice.as_ref())
            });
            return dialogs::welcome_dialog_ui(ui.ctx(), palette, settings, cache_sizes.as_ref(), screen).or(action);
        };
        let view = View { workspace, shown, palette, settings };
        let action = dialogs::behind(ui, has_dialog, |ui| panels::panels_ui(ui, &view, screen, textures));
        dialogs::dialog_ui(ui.ctx(), &view, cache_sizes.as_ref(), screen, textures).or(action)
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        self.start.frame();
        self.window = context.input(|input| input.viewport().inner_rect.map(|rect| [rect.width(), rect.height()]));
        self.advance(context);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self, _graphics: Option<&eframe::glow::Context>) {
        self.keep_settings();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some(workspace) = &self.workspace {
            look::keep(workspace, &self.screen);
        }
        // After a mistake nobody calls `on_exit`.
        if std::thread::panicking() {
            self.keep_settings();
        }
    }
}
