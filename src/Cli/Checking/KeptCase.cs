using System.Collections.Immutable;
using Hooks.Cli.Replaying;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search;

namespace Hooks.Cli.Checking;

/// <summary>
/// A case kept from an earlier run: replayed before anything is drawn, so that what was hard to find once need not be
/// found again (as Hypothesis does with its database).
/// </summary>
internal sealed class KeptCase
{
    private readonly CaseFile _file;
    private InvariantSet? _broken;

    private KeptCase(CaseFile file) => _file = file;

    /// <summary>The file.</summary>
    public string File => _file.Name;

    /// <summary>Whether it was replayed; if not, its pair was never begun.</summary>
    public bool Replayed => _broken is not null;

    /// <summary>Whether anything that it says fails still does.</summary>
    public bool StillFails => _broken is { Count: > 0 };

    /// <summary>The cases of a folder that say what fails, in the order of their names. What is no such case is left alone, with a warning if it was meant to be one.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warn">Takes one line for each file that cannot be used.</param>
    public static ImmutableArray<KeptCase> ReadAll(CaseFolder folder, Action<string> warn)
    {
        var kept = ImmutableArray.CreateBuilder<KeptCase>();
        foreach (var file in folder.Files())
        {
            try
            {
                var read = CaseFile.Read(file, TextReader.Null, kernelMatters: true, archMatters: true);
                if (read.Case.Fails.Length > 0) kept.Add(new KeptCase(read));
            }
            catch (CaseOfTreeException)
            {
                // It lies in the same folder, and is for the tree.
            }
            catch (Exception e) when (e is InputException or Core.Workloads.CaseSyntaxException)
            {
                warn($"{e.Message}; left alone");
            }
        }

        return kept.ToImmutable();
    }

    /// <summary>Whether it is a case of this kernel and architecture.</summary>
    public bool IsOf(Kernel kernel, IArchitecture architecture) => _file.Case.Kernel == kernel.Name && _file.Case.Arch == architecture.Name;

    /// <summary>Replays it.</summary>
    /// <returns>What still fails.</returns>
    public IEnumerable<KeptFailure> Replay(Machine machine)
    {
        try
        {
            var named = InvariantSet.Of([.. _file.Case.Fails.Select(f => InvariantCatalogue.All.First(i => i.Name == f.Invariant).Id)]);
            var broken = machine.Run(_file.Case.Workload, named, stopAtFirst: false);
            _broken = broken;
            return broken.Members().Select(id => new KeptFailure(id, _file.Case.Workload));
        }
        catch (CapacityException)
        {
            // More than this model holds: nothing can be said of it, so it stays where it is.
            return [];
        }
    }
}
