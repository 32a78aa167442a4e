using Hooks.Arch.Arm64;
using Hooks.Cli.Replaying;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Report.Repro;

namespace Hooks.Cli.Reproducing;

/// <summary>The C program of a case file.</summary>
internal static class ReproText
{
    /// <summary>The kernel that is asked what a program must find: the newest, which can do all that user space can.</summary>
    private const string Reference = "v7.3";

    /// <summary>The program of a case.</summary>
    /// <exception cref="InputException">User space cannot do it.</exception>
    public static string Of(CaseFile file, ReproFormat format)
    {
        // Tags are arm64's on any architecture that has some: there is no other to run on.
        IArchitecture arch = file.Case.Arch == new NoArchitecture().Name ? new NoArchitecture() : new Arm64Architecture();
        try
        {
            return ReproProgram.Print(file.Case, file.Shown, new Machine(KernelCatalogue.Get(Reference), arch), format);
        }
        catch (Exception e) when (e is CannotReproduceException or CapacityException)
        {
            throw new InputException($"{file.Shown}: {e.Message}");
        }
    }
}
