using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Hooks.Arch.Native;

/// <summary>
/// Makes a library of an architecture's file and loads it: gcc, the stub header that stands for every header of the kernel (C/kernel.h), and the glue that
/// calls the hooks (C/glue.c and the architecture's). The library stays loaded as long as the program runs.
/// </summary>
internal static partial class Compiler
{
    private const int PatienceMilliseconds = 60_000;
    private const int MostLines = 12;

    /// <summary>As the kernel is compiled, as far as it matters to what the code means; a function that is not known is an error.</summary>
    private static readonly string[] Options =
    [
        "-std=gnu11", "-O1", "-shared", "-fPIC", "-Wl,-z,defs", "-Werror=implicit-function-declaration", "-Werror=int-conversion", "-fno-strict-aliasing", "-fwrapv", "-fno-delete-null-pointer-checks", "-Wl,-Bsymbolic",

        // Each load and store is shown to C/glue.c before it is made.
        "-fsanitize=kernel-address", "--param", "asan-instrumentation-with-call-threshold=0", "--param", "asan-globals=0", "--param", "asan-stack=0",
    ];

    /// <summary>Compiles a file, and gives one function of its glue.</summary>
    /// <param name="name">What the file is called in messages.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="glue">The architecture's glue.</param>
    /// <param name="export">The function.</param>
    /// <param name="more">More options.</param>
    /// <exception cref="NativeSourceException">gcc is not there, or does not accept it.</exception>
    public static nint Load(string name, string text, string glue, string export, params ReadOnlySpan<string> more)
    {
        var folder = Directory.CreateTempSubdirectory("hooks-arch-").FullName;
        try
        {
            var file = Path.Combine(folder, "source", Path.GetFileName(name));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            foreach (var own in new[] { "kernel.h", "glue.c", glue }) Extract(own, Path.Combine(folder, own));
            foreach (Match include in Includes().Matches(text)) Stub(Path.Combine(folder, "include"), include.Groups["header"].Value);
            var library = Path.Combine(folder, "hooks.so");
            Run(name, folder, [.. Options, .. more, "-I", "include", "-I", ".", $"-DHOOKS_FILE=\"source/{Path.GetFileName(name)}\"", $"-DHOOKS_GLUE=\"{glue}\"", "glue.c", "-o", library]);
            return NativeLibrary.GetExport(NativeLibrary.Load(library), export);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            throw new NativeSourceException($"{name}: cannot be compiled in {folder}: {e.Message}", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Stub(string folder, string header)
    {
        var path = Path.GetFullPath(Path.Combine(folder, header));
        if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "#include \"kernel.h\"\n");
    }

    private static void Extract(string resource, string path)
    {
        using var from = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var to = File.Create(path);
        from.CopyTo(to);
    }

    private static void Run(string name, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo("gcc") { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var gcc = Process.Start(start)!;
            var (errors, output) = (gcc.StandardError.ReadToEndAsync(), gcc.StandardOutput.ReadToEndAsync());
            if (!gcc.WaitForExit(PatienceMilliseconds))
            {
                gcc.Kill(entireProcessTree: true);
                throw new NativeSourceException($"{name}: gcc has not ended within {PatienceMilliseconds / 1000} s");
            }

            Task.WaitAll(errors, output);
            if (gcc.ExitCode == 0) return;
            var lines = errors.Result.Split('\n').Where(l => l.Contains("error:", StringComparison.OrdinalIgnoreCase)).Take(MostLines).Select(l => "  " + l.Replace("source/", "", StringComparison.Ordinal));
            throw new NativeSourceException($"{name}: gcc does not accept it as ordinary C with the headers that Hooks has in place of the kernel's (what it uses that they lack is named here; a line in C/kernel.h says what it is):\n{string.Join('\n', lines)}");
        }
        catch (Win32Exception e)
        {
            throw new NativeSourceException("--arch-source needs gcc, which is not here; on Debian and Ubuntu: apt-get install gcc libc6-dev", e);
        }
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*[<"](?<header>[^>"\n]+)[>"]""", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Includes();
}
