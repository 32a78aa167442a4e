using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Testing;

namespace Hooks.Properties.Arch;

/// <summary>What sparc breaks, and why, is in docs/findings.md.</summary>
public class SparcLaws : ArchitectureLaws
{
    private const string Window = "the hook stands after set_pte_at()";

    protected override IArchitecture Architecture { get; } = new SparcArchitecture();

    protected override IReadOnlyDictionary<string, string> KnownBreaches { get; } = new Dictionary<string, string>
    {
        [nameof(Saved_tags_come_back)] = Window,
        [nameof(Saved_tags_come_back_for_every_sharer)] = Window,
        [nameof(Saved_tags_come_back_for_a_child_forked_meanwhile)] = "a child's store begins empty",
        [nameof(A_slots_next_user_gets_its_own_tags)] = Window,
        [nameof(Newer_tags_replace_older_ones)] = Window,
        [nameof(Neighbours_keep_apart)] = Window,
        [nameof(A_page_without_tags_shows_nobody_elses)] = Window,
        [nameof(Tags_turned_on_later_begin_at_zero)] = "a page swapped in without saved tags keeps those of its previous owner",
        [nameof(Tags_follow_a_page_that_moves)] = "the store is keyed by address",
        [nameof(Tags_come_back_by_swapoff)] = "unuse_pte() does not call the hook",
        [nameof(A_failing_save_leaves_everything_as_it_was)] = Window,
        [nameof(Nothing_is_left_behind)] = "munmap() does not drop saved tags",
        [nameof(Generated_programs_break_nothing)] = "all of these",
    };
}
