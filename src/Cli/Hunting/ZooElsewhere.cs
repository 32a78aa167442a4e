using Hooks.Cli.Terminal;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Zoo;

namespace Hooks.Cli.Hunting;

/// <summary>
/// <c>hooks zoo --arch</c>, <c>--plugin</c>: the zoo's bugs that are a kernel's, and no architecture's, on other architectures: which of them would hurt there? None is expected to; what shows must pass with the fix.
/// </summary>
internal static class ZooElsewhere
{
    /// <summary>The bugs that can be taken to another architecture: bug and fix differ in the kernel.</summary>
    public static IReadOnlyList<Specimen> On(IArchitecture architecture, IReadOnlyList<Specimen> bugs) =>
        [.. bugs.Where(b => b.Bug.Arch.Name == b.Fixed.Arch.Name).Select(b => b with { Bug = b.Bug with { Arch = architecture }, Fixed = b.Fixed with { Arch = architecture } })];

    /// <summary>Hunts them.</summary>
    /// <exception cref="InputException">None of them can be taken there.</exception>
    public static int Run(Screen screen, IReadOnlyList<IArchitecture> architectures, IReadOnlyList<Specimen> named, int seeds, long workloads, int jobs, bool progress)
    {
        if (architectures.Count == 0) throw new InputException("--plugin brings no architecture; expected one: the zoo's bugs are hunted on it");
        Specimen[] bugs = [.. architectures.SelectMany(a => On(a, named))];
        if (bugs.Length == 0) throw new InputException("these bugs are an architecture's own, and cannot be taken to another; without names of bugs those that can are hunted");
        var hunted = ZooCommand.Hunted(screen, bugs, seeds, workloads, jobs, progress, bug => $"{bug.Id} on {bug.Bug.Arch.Name}");
        var table = Listing.Of("bug", "on", "caught by", "size", "fix passes");
        foreach (var result in hunted) table.Row(result.Specimen.Id, $"{result.Specimen.Bug.Kernel.Name} on {result.Specimen.Bug.Arch.Name}", result.Catches.Length == 0 ? "does not show" : InvariantCatalogue.Of(result.Specimen.CaughtBy).Name, Size(result), result.Catches.Length == 0 ? "–" : result.FixPasses ? "yes" : "NO");
        screen.Write(table);
        screen.Line($"size: operations of the smallest case that was found; of {seeds} seed{(seeds == 1 ? "" : "s")}, at most {workloads} workloads each");
        foreach (var of in hunted.GroupBy(r => r.Specimen.Bug.Arch.Name)) screen.Line($"{of.Key}: of {of.Count()} bugs of kernels {of.Count(r => r.Catches.Length > 0)} show on it.");
        if (screen.Interrupted.IsCancellationRequested) return ExitCode.Interrupted;
        return hunted.All(r => r.Catches.Length == 0 || r.FixPasses) ? ExitCode.AsExpected : ExitCode.NotAsExpected;
    }

    private static string Size(HuntResult result) => result.Catches.Length == 0 ? "–" : $"{result.Catches.Min(c => c.Operations)}";
}
