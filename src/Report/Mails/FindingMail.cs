using System.Collections.Immutable;
using System.Text;
using Hooks.Core;
using Hooks.Core.Invariants;
using Hooks.Core.Paths;
using Hooks.Core.Traces;
using Hooks.Core.Workloads;

namespace Hooks.Report.Mails;

/// <summary>A finding as a mail to a list: plain text of 72 columns, in which only what is to be copied is longer.</summary>
/// <param name="Case">The case.</param>
/// <param name="Trace">Its run on its own kernel.</param>
/// <param name="Violation">What the mail is about.</param>
/// <param name="File">What the case is called, without a folder.</param>
public sealed record FindingMail(Case Case, Trace Trace, Violation Violation, string File)
{
    /// <summary>The kernels that break it like this, those in a row as a range.</summary>
    public ImmutableArray<string> Affected { get; init; } = [];

    /// <summary>The kernels on which nothing breaks.</summary>
    public ImmutableArray<string> Unaffected { get; init; } = [];

    /// <summary>The kernels on which something else breaks, and what.</summary>
    public ImmutableArray<string> Otherwise { get; init; } = [];

    /// <summary>Where the bug came from and where it went, oldest first.</summary>
    public ImmutableArray<Origin> Origins { get; init; } = [];

    /// <summary>The C program; null: there is none.</summary>
    public string? Program { get; init; }

    /// <summary>Why there is no program.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>What the program is called.</summary>
    public string ProgramFile => Path.ChangeExtension(File, ".c");

    /// <summary>The subject: the case's own title, which is its first comment, or else the invariant.</summary>
    public string Subject => $"[BUG] mm/swap: {Title()}";

    private bool IsRace => Case.Workload.Operations.Any(op => op.Until is not null);

    private IInvariant Broken => InvariantCatalogue.Of(Violation.Breach.Invariant);

    /// <summary>The text.</summary>
    /// <param name="inline">Whether the program stands behind the text, and not beside it.</param>
    public string Text(bool inline)
    {
        var text = new StringBuilder();
        text.Append(Columns.Fill($"After the operations below, on {Case.Kernel} with {(Case.Arch == "none" ? "no metadata of an architecture" : $"{Case.Arch}'s hooks")}: {Broken.Describe(Violation.Breach)}. {WhereItBreaks()}"));
        text.Append('\n').Append(Columns.Fill($"The case (P0 is a process, P0.1 a thread of it, a a page; hooks, an executable model of the swap path, reads it as it stands, from a file {File}):")).Append('\n');
        text.Append(CaseReport.Indented(Case.ToString()));
        text.Append($"\n  hooks run {File} --trace\n\n");
        text.Append(Columns.Fill(IsRace ? "What the operations do from where they meet, and what each step changes:" : "What the decisive operation does, and what each step changes:"));
        text.Append('\n').Append(DecisiveLines());
        text.Append('\n').Append(Kernels());
        text.Append('\n').Append(History());
        text.Append('\n').Append(Columns.Fill("Not tried: no real kernel was run for this mail. All of the above is what the model says. Of releases that are not in its catalogue it says nothing, and it has no large folios, KSM, migration or shmem."));
        text.Append('\n').Append(Columns.Fill("Whom to ask, in a kernel tree:")).Append($"\n  scripts/get_maintainer.pl -f {SourceFile()}\n\n");
        text.Append(Reproducer(inline));
        return text.ToString();
    }

    private string Title()
    {
        var comment = Case.Comments.Select(c => c.Text.TrimStart('#').Trim()).FirstOrDefault(c => c.Length > 0);
        return comment ?? $"{Broken.Name} broken at {Violation.Place.Path.KernelName()}(), {Violation.Place.Step.Name}";
    }

    private string WhereItBreaks()
    {
        var place = Violation.Place;
        var op = string.Join(' ', CaseText.Print(place.Op).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var race = IsRace ? ", in a race (who moves when is part of the case: until, go)" : "";
        return $"It is seen first in \"{place.Op.Task} {op}\", after the step {place.Step.Name} of {place.Path.KernelName()} ({place.Step.Source}){race}, and what is broken is {Broken.Name}: {Broken.Statement}.";
    }

    /// <summary>The steps up to the one after which it was broken: of its operation, or in a race of all from the first that was left standing.</summary>
    private string DecisiveLines()
    {
        var last = Trace.Operations.First(op => op.Steps.Any(Shows));
        var first = IsRace ? Trace.Operations.First(op => op.Op.Until is not null || op == last) : last;
        var decisive = Trace.Operations.SkipWhile(op => op != first).TakeWhile(op => op != last).Append(last with { Steps = [.. UpToTheBreach(last)] });
        var lines = TraceReport.Print(Trace with { Operations = [.. decisive] }).Split('\n');
        return string.Concat(lines.Select(line => Columns.Hang("  " + line, line.StartsWith("    ✗", StringComparison.Ordinal) ? 8 : 2 + TraceReport.ChangesColumn)));

        IEnumerable<TraceStep> UpToTheBreach(TraceOperation op)
        {
            foreach (var step in op.Steps)
            {
                yield return step;
                if (Shows(step)) yield break;
            }
        }

        bool Shows(TraceStep step) => step.Violations.Contains(Violation);
    }

    private string Kernels()
    {
        var text = new StringBuilder(Columns.Fill($"The same case on the kernels of the model's catalogue, {(Case.Arch == "none" ? "no architecture" : Case.Arch)}:")).Append('\n');
        Append("affected", Affected);
        Append("not affected", Unaffected);
        Append("otherwise", Otherwise);
        return text.ToString();

        void Append(string what, ImmutableArray<string> kernels)
        {
            const int Column = 16;
            if (kernels.Length > 0) text.Append(Columns.Hang($"  {what}".PadRight(Column) + string.Join(", ", kernels), Column));
        }
    }

    private string History()
    {
        if (Origins.IsEmpty) return Columns.Fill("Fixes: no tag. No release of the catalogue differs from the one before it in this case, so the commit is not known.");
        var text = new StringBuilder();
        foreach (var origin in Origins)
        {
            var what = origin.Breaks ? "breaks it" : "no longer breaks it";
            var where = origin.Functions.IsEmpty ? "no single function of it makes the difference, so the commit is not known" : $"the difference is in {string.Join(", ", origin.Functions)}";
            var who = origin switch
            {
                { Functions.IsEmpty: true } => "",
                { Commit: not null } => "",
                { Commits.IsEmpty: true, Notes.IsEmpty: true } => "; its commit is not known",
                { Commits.IsEmpty: true, Notes: [var note] } => $"; all that is known of its commit: {note}",
                _ => $"; which commit of it did it, the model cannot tell: {string.Join(", ", origin.Commits.Concat(origin.Notes))}",
            };
            text.Append(Columns.Fill($"{origin.After} {what}, {origin.Before} {(origin.Breaks ? "does not" : "does")}: {where}{who}."));
            if (origin.Commit is not { } commit) continue;
            text.Append(origin.Breaks ? $"\n  Fixes: {commit}\n\n" : $"\n  fixed by: {commit}\n\n");
            if (origin.Breaks) text.Append($"  git log -1 --abbrev=12 --format='Fixes: %h (\"%s\")' {commit}\n\n");
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private string Reproducer(bool inline)
    {
        if (Program is null) return Columns.Fill($"There is no program for a real kernel: {Refusal}.");
        var name = Path.GetFileNameWithoutExtension(ProgramFile);
        var tags = Case.Arch is "none" or "arm64" ? "" : $" It sets arm64's tags in the place of {Case.Arch}'s, for which there is no program.";
        var text = $"{Columns.Fill($"A program for a real kernel {(inline ? "follows" : $"is attached ({ProgramFile})")}: TAP, no library beyond libc, \"not ok\" where the bug is.{tags}")}\n  cc -O2 -static -pthread -o {name} {ProgramFile} && sudo ./{name}\n";
        return inline ? $"{text}\n{Program}" : text;
    }

    /// <summary>The file of the kernel in which the decisive step stands.</summary>
    private string SourceFile() => Violation.Place.Step.Source.Split(':')[0];
}
