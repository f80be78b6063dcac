//! What every engine must do, asked of a fake one, a real dockerd and the engine aboard by the same tests: what other tests
//! prove with the fake is worth as much as these. Knows the engine's traits only.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panic, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod archives;
#[cfg(any(target_os = "linux", windows))]
#[path = "../aboard/arena.rs"]
mod arena;
mod console;
mod images;
mod layers;
mod life;
mod logs;
mod networks;
mod refusals;
mod sessions;
mod stage;
mod stats;
mod system;
mod volumes;
#[cfg(windows)]
#[path = "../support/windows_images.rs"]
mod windows_images;

/// Runs each test of a noun on every engine.
macro_rules! contract {
    ($($noun:ident: $($test:ident)+;)+) => {
        mod fake {$($(
            #[tokio::test]
            async fn $test() {
                super::$noun::$test(&super::stage::Stage::fake().await).await;
            }
        )+)+}
        mod dockerd {$($(
            #[tokio::test]
            #[cfg_attr(windows, ignore = "there is no dockerd under Wine")]
            async fn $test() {
                if let Some(stage) = super::stage::Stage::dockerd().await {
                    super::$noun::$test(&stage).await;
                }
            }
        )+)+}
        #[cfg(any(target_os = "linux", windows))]
        mod embedded {$($(
            // Its starts and waits block threads of their own, so one for the test will do.
            #[tokio::test]
            async fn $test() {
                if let Some(stage) = super::stage::Stage::embedded().await {
                    super::$noun::$test(&stage).await;
                }
            }
        )+)+}
    };
}

contract! {
    life:
        it_is_made_started_stopped_started_again_and_removed
        a_kill_ends_it_with_the_signal_s_code
        it_freezes_and_thaws
        it_gets_another_name
        its_limits_change_while_it_lives
        what_it_changed_is_listed
        one_that_shall_vanish_does
        a_forced_removal_takes_a_running_one;
    refusals:
        a_name_is_given_once
        what_runs_is_not_removed_without_force
        a_state_that_does_not_allow_it_is_a_conflict
        what_is_not_there_is_not_found_by_its_name
        an_image_that_is_not_there_is_not_run;
    logs:
        both_streams_are_told_apart
        the_tail_is_the_end
        following_ends_with_the_container
        what_a_terminal_obeys_is_shown_and_colours_stay;
    stats: a_running_container_is_measured;
    console:
        an_exec_prints_and_ends_with_its_code
        an_exec_hears_what_is_typed
        a_terminal_has_the_size_it_was_given
        attaching_reaches_the_main_process
        outputs_are_told_apart_without_a_terminal
        a_run_is_heard_from_its_first_word_to_its_code
        a_run_that_vanishes_tells_its_code
        a_run_reads_its_input_to_the_end
        what_cannot_be_run_says_why
        a_process_left_alone_runs_on;
    sessions:
        the_main_process_and_execs_are_sessions
        a_signal_ends_one_process
        processes_are_listed;
    images:
        an_image_has_a_size_and_a_history
        a_tag_comes_and_goes
        a_pull_tells_how_far_it_is
        a_pull_of_nothing_fails
        an_image_in_use_stays
        an_image_that_is_not_there_is_not_removed;
    archives:
        files_go_in_and_come_out
        what_is_not_in_a_container_is_not_copied
        a_container_becomes_an_image
        saved_images_are_loaded_again
        a_broken_archive_is_refused_and_a_broken_off_one_fails
        an_archive_of_files_becomes_an_image
        a_pushed_image_can_be_pulled
        what_is_not_here_is_not_pushed
        a_wait_ends_with_the_container_s_code;
    layers:
        images_share_their_lower_layers
        a_container_stands_on_its_image;
    volumes:
        a_volume_is_made_used_and_removed
        a_volume_that_is_not_there_is_not_removed
        a_volume_is_looked_into
        a_volume_is_made_what_an_archive_tells_and_gives_it_back;
    networks:
        a_network_is_made_joined_left_and_removed
        what_is_built_in_or_in_use_stays
        a_published_port_is_a_mapping;
    system:
        it_says_what_it_is
        events_tell_a_life_in_order
        disk_use_counts_images
        a_document_is_about_what_was_asked;
}
