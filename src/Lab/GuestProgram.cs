using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Hooks.Lab;

/// <summary>What a program said on a real kernel.</summary>
/// <param name="Linux">The kernel's release.</param>
/// <param name="Output">Its lines.</param>
/// <param name="End">How it ended, as the agent says it: <c>exit=N</c> or <c>signal=N</c>; or the BUG() that the kernel came to.</param>
public sealed record ProgramRun(string Linux, IReadOnlyList<string> Output, string End)
{
    /// <summary>Its exit code; null if a signal ended it.</summary>
    public int? Exit => End.StartsWith("exit=", StringComparison.Ordinal) ? int.Parse(End["exit=".Length..], CultureInfo.InvariantCulture) : null;
}

/// <summary>A C program, compiled for the lab's guests and run in one. It is given the two disks as arguments.</summary>
public static class GuestProgram
{
    private const string Compiler = "aarch64-linux-gnu-gcc";
    private const string Name = "program";

    /// <summary>A line of it may come after all its work is done.</summary>
    private static readonly TimeSpan LineTime = TimeSpan.FromMinutes(5);

    /// <summary>Compiles a program.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="run">Where it goes.</param>
    /// <returns>The file.</returns>
    /// <exception cref="LabException">No compiler, or it does not compile.</exception>
    public static string Compile(string source, RunFolder run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (text, program) = (Path.Combine(run.Path, Name + ".c"), Path.Combine(run.Path, Name));
        File.WriteAllText(text, source);
        var start = new ProcessStartInfo(Compiler, ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-static", "-pthread", "-o", program, text]) { RedirectStandardError = true, UseShellExecute = false };
        try
        {
            using var compiler = Process.Start(start)!;
            var said = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode != 0) throw new LabException($"{Compiler} does not compile the program:\n{said.TrimEnd()}");
            return program;
        }
        catch (Win32Exception e)
        {
            throw new LabException($"no {Compiler}: {LabFolder.Remedy}, which installs it", e);
        }
    }

    /// <summary>Boots a kernel and runs a program on it.</summary>
    /// <param name="lab">Where QEMU is.</param>
    /// <param name="image">The kernel.</param>
    /// <param name="run">Where disks and the console go.</param>
    /// <param name="program">The program's file.</param>
    /// <param name="diskSlots">Pages that each of the two disks must hold.</param>
    /// <param name="cpus">The guest's CPUs: with one, what races is never at something at the same time.</param>
    /// <param name="cancel">Ends all waiting for it.</param>
    /// <exception cref="LabException">The guest cannot be had, or its agent cannot run programs.</exception>
    /// <exception cref="GuestException">It hung, panicked or died, and not of a BUG().</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public static ProgramRun Run(LabFolder lab, LabImage image, RunFolder run, string program, int diskSlots, int cpus, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(run);
        image.Check();
        Guest.QemuVersion(lab);
        var initrd = Path.Combine(run.Path, "initrd.cpio");
        Initramfs.Add(image.Initrd, initrd, Name, program);
        using var guest = Guest.Start(lab, image, run, 0, diskSlots, cancel, initrd, cpus);
        var output = new List<string>();
        var linux = guest.Hello.Split("kernel=")[^1];
        try
        {
            guest.Send($"exec /{Name} /dev/vda /dev/vdb\n");
            for (; ; )
            {
                var line = guest.Read(LineTime);
                if (line.StartsWith("| ", StringComparison.Ordinal)) output.Add(line[2..]);
                else if (line.StartsWith("ok ", StringComparison.Ordinal)) return new ProgramRun(linux, output, line[3..]);
                else throw new LabException($"the agent of {image.Name} does not run programs ('{line}'), it is older than this tool: {LabFolder.Remedy}");
            }
        }
        catch (GuestException e) when (e.Bug is { } bug)
        {
            return new ProgramRun(linux, [.. output, .. e.Console.Select(l => $"# {l}")], bug);
        }
    }
}
