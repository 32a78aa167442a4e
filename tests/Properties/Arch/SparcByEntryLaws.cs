using Hooks.Arch.Sparc;
using Hooks.Core.Arch;
using Hooks.Testing;

namespace Hooks.Properties.Arch;

/// <summary>sparc as docs/findings.md proposes it: from 6.5 on, where its hooks are called, it keeps every law.</summary>
public class SparcByEntryLaws : ArchitectureLaws
{
    private static readonly string[] KeptAnyway =
    [
        nameof(Restoring_does_not_undo_newer_tags), nameof(A_page_without_tags_shows_nobody_elses), nameof(Tags_turned_on_later_begin_at_zero), nameof(Copying_on_write_copies_the_tags), nameof(Nothing_is_left_behind),
        nameof(The_hooks_keep_no_state_of_their_own), nameof(Generated_programs_break_nothing),
    ];

    protected override IArchitecture Architecture { get; } = new SparcByEntryArchitecture(flagged: true);

    protected override string? KnownBreach(string law, string kernel) =>
        kernel == "v5.17" && !KeptAnyway.Contains(law) ? "nobody calls arch_swap_restore() before 6.5" : null;
}

/// <summary>… and as it was proposed first: it keeps all but those of which a page has live tags that were never saved, or newer ones than were.</summary>
public class SparcByEntryUnflaggedLaws : ArchitectureLaws
{
    private const string NoFlag = "nothing says that a page's tags are live, so what was not saved is cleared";

    private static readonly string[] KeptAnyway = [nameof(Copying_on_write_copies_the_tags), nameof(Nothing_is_left_behind), nameof(The_hooks_keep_no_state_of_their_own), nameof(Generated_programs_break_nothing), nameof(Restoring_does_not_undo_newer_tags)];

    protected override IArchitecture Architecture { get; } = new SparcByEntryArchitecture(flagged: false);

    protected override IReadOnlyDictionary<string, string> KnownBreaches { get; } = new Dictionary<string, string>
    {
        [nameof(Restoring_does_not_undo_newer_tags)] = NoFlag,
        [nameof(A_failing_save_leaves_everything_as_it_was)] = NoFlag,
    };

    protected override string? KnownBreach(string law, string kernel) => kernel != "v5.17" ? base.KnownBreach(law, kernel) : KeptAnyway.Contains(law) ? null : "nobody calls arch_swap_restore() before 6.5";
}
