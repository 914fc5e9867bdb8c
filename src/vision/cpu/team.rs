//! A fixed team of threads that walk through a plan side by side.
//!
//! All members execute the same steps; a step is cut into tasks, each taken by whoever is free, and nobody begins the
//! next step before all are done. Waiting spins, since a step takes microseconds; a team without work sleeps.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Turns of waiting before a thread lets others run: some tens of microseconds.
const SPINS: u32 = 4000;

type Job<'a> = dyn Fn(&Member<'_>) + Sync + 'a;

/// Threads that wait for work. The one that gives the work is a member too.
pub struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// One thread's part in the work.
pub struct Member<'a> {
    shared: &'a Shared,
    pub index: usize,
}

struct Shared {
    num_members: usize,
    orders: Mutex<Orders>,
    new_orders: Condvar,
    /// Changes with every order, so that a worker may spin without taking the lock.
    num_orders: AtomicUsize,
    /// Workers that still use the job.
    num_busy: AtomicUsize,
    arrived: AtomicUsize,
    step: AtomicUsize,
    next_task: AtomicUsize,
    is_broken: AtomicBool,
}

struct Orders {
    job: Option<&'static Job<'static>>,
    is_over: bool,
}

impl Team {
    /// A team of `num_members`, the caller included. Where the system gives fewer threads, the team is smaller.
    pub fn new(num_members: usize) -> Self {
        // The members are counted before any of them begins, so the threads are asked for one by one until it fails.
        let num_members = num_members.max(1);
        let shared = Arc::new(Shared {
            num_members,
            orders: Mutex::new(Orders { job: None, is_over: false }),
            new_orders: Condvar::new(),
            num_orders: AtomicUsize::new(0),
            num_busy: AtomicUsize::new(0),
            arrived: AtomicUsize::new(0),
            step: AtomicUsize::new(0),
            next_task: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
        });
        let spawn = |index: usize| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("network {index}")).spawn(move || shared.work(index))
        };
        let workers: Vec<JoinHandle<()>> = (1..num_members).map_while(|index| spawn(index).ok()).collect();
        if workers.len() + 1 < num_members {
            let team = Self { shared, workers };
            drop(team);
            return Self::new(1);
        }
        Self { shared, workers }
    }

    pub fn num_members(&self) -> usize {
        self.shared.num_members
    }

    /// Has every member do the job, and returns when all are done.
    ///
    /// # Panics
    /// Where a member panicked.
    pub fn run(&mut self, job: &Job<'_>) {
        // SAFETY: the job is borrowed for longer than `run` lasts, and `run` ends only when no worker is busy with it
        // any more; then it is taken back.
        let job = unsafe { std::mem::transmute::<&Job<'_>, &'static Job<'static>>(job) };
        let shared = &*self.shared;
        shared.num_busy.store(self.workers.len(), Ordering::Relaxed);
        shared.arrived.store(0, Ordering::Relaxed);
        shared.next_task.store(0, Ordering::Relaxed);
        shared.is_broken.store(false, Ordering::Relaxed);
        if !self.workers.is_empty() {
            shared.give(|orders| orders.job = Some(job));
        }
        let outcome = shared.take_part(job, 0);
        wait_until(|| shared.num_busy.load(Ordering::Acquire) == 0);
        shared.lock().job = None;
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
        assert!(!shared.is_broken.load(Ordering::Relaxed), "a thread of the network engine failed");
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.give(|orders| orders.is_over = true);
        for worker in self.workers.drain(..) {
            // A worker catches its panics, so there is nothing to hear of it.
            drop(worker.join());
        }
    }
}

impl Member<'_> {
    pub fn num_members(&self) -> usize {
        self.shared.num_members
    }

    /// One step: its tasks are divided among the members, and all are done when this returns.
    pub fn step(&self, num_tasks: usize, mut task: impl FnMut(usize)) {
        loop {
            let next = self.shared.next_task.fetch_add(1, Ordering::Relaxed);
            if next >= num_tasks {
                break;
            }
            task(next);
        }
        self.shared.wait_for_all();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the orders and wakes the workers. The count grows under the lock: a worker that looked at it and is
    /// about to sleep holds the lock until it sleeps.
    fn give(&self, change: impl FnOnce(&mut Orders)) {
        let mut orders = self.lock();
        change(&mut orders);
        self.num_orders.fetch_add(1, Ordering::Release);
        drop(orders);
        self.new_orders.notify_all();
    }

    /// A worker's life.
    fn work(&self, index: usize) {
        let mut num_seen = 0;
        loop {
            for _ in 0..SPINS {
                if self.num_orders.load(Ordering::Acquire) != num_seen {
                    break;
                }
                std::hint::spin_loop();
            }
            let mut orders = self.lock();
            while self.num_orders.load(Ordering::Acquire) == num_seen {
                orders = self.new_orders.wait(orders).unwrap_or_else(PoisonError::into_inner);
            }
            num_seen = self.num_orders.load(Ordering::Acquire);
            if orders.is_over {
                return;
            }
            let job = orders.job;
            drop(orders);
            if let Some(job) = job {
                // Of a panic the giver of the order hears by `is_broken`.
                drop(self.take_part(job, index));
                self.num_busy.fetch_sub(1, Ordering::Release);
            }
        }
    }

    fn take_part(&self, job: &Job<'_>, index: usize) -> std::thread::Result<()> {
        let outcome = catch_unwind(AssertUnwindSafe(|| job(&Member { shared: self, index })));
        if outcome.is_err() {
            self.is_broken.store(true, Ordering::Release);
        }
        outcome
    }

    fn wait_for_all(&self) {
        let step = self.step.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.num_members {
            self.arrived.store(0, Ordering::Relaxed);
            self.next_task.store(0, Ordering::Relaxed);
            self.step.fetch_add(1, Ordering::Release);
            return;
        }
        wait_until(|| self.step.load(Ordering::Acquire) != step || self.is_broken.load(Ordering::Acquire));
        // Who is missing will never come; `take_part` catches this.
        assert!(!self.is_broken.load(Ordering::Acquire), "another thread of the network engine failed");
    }
}

/// Spins, and from then on lets others run between two looks.
fn wait_until(is_so: impl Fn() -> bool) {
    let mut num_turns = 0;
    while !is_so() {
        if num_turns < SPINS {
            num_turns += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once_before_the_next_step_begins() {
        for num_members in [1, 2, 5] {
            let mut team = Team::new(num_members);
            for _ in 0..50 {
                let counts: Vec<AtomicUsize> = (0..37).map(|_| AtomicUsize::new(0)).collect();
                team.run(&|member| {
                    for round in 0..20 {
                        member.step(counts.len(), |task| {
                            assert_eq!(counts[task].fetch_add(1, Ordering::Relaxed), round);
                        });
                        assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) > round));
                    }
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 20));
            }
        }
    }

    #[test]
    fn a_panic_is_passed_on_and_the_team_works_again() {
        let mut team = Team::new(3);
        let fails = catch_unwind(AssertUnwindSafe(|| {
            team.run(&|member| {
                member.step(9, |task| assert!(task != 4, "task 4"));
                member.step(9, |_| ());
            });
        }));
        assert!(fails.is_err());
        let count = AtomicUsize::new(0);
        team.run(&|member| {
            member.step(9, |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(count.into_inner(), 9);
    }
}
